package io.weir.relay.exchange;

import io.weir.relay.endpoint.Endpoint;
import io.weir.relay.forward.Place;
import io.weir.relay.forward.User;
import io.weir.relay.http.Reason;
import io.weir.relay.http1.RequestHead;
import io.weir.relay.origin.OriginPool;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Into a tunnel by CONNECT (RFC 9110, 9.3.6). The head is consumed when the far side stands; what
 * the client has sent behind it is the tunnel's. Thread: the loop.
 */
final class ConnectEntrance implements Entrance {
  private static final byte[] ESTABLISHED =
      "HTTP/1.1 200 Connection established\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private static final int OK = 200;

  private final Worker worker;
  private final ClientConnection client;
  private final Places places;
  private final Place place;
  private final int headBytes;
  private final int minorVersion;
  private final boolean acceptsJson;
  private final boolean keepAlive;
  private final @Nullable String userName;
  private @Nullable User user;

  /**
   * @param user whose tunnel it is, counted; null where nobody is asked
   */
  ConnectEntrance(
      Worker worker,
      ClientConnection client,
      RequestHead head,
      Places places,
      Place place,
      @Nullable User user) {
    this.worker = worker;
    this.client = client;
    this.places = places;
    this.place = place;
    this.user = user;
    this.userName = user == null ? null : user.logName();
    this.headBytes = head.length();
    this.minorVersion = head.minorVersion();
    this.acceptsJson = head.acceptsJson();
    this.keepAlive = head.keepAlive();
  }

  @Override
  public Endpoint endpoint() {
    return client.endpoint();
  }

  @Override
  public String method() {
    return "CONNECT";
  }

  @Override
  public String target() {
    return place.toString();
  }

  @Override
  public @Nullable String user() {
    return userName;
  }

  @Override
  public int minorVersion() {
    return minorVersion;
  }

  @Override
  public int status(@Nullable Reason refusal) {
    return refusal == null ? OK : refusal.status();
  }

  @Override
  public OriginPool.@Nullable Wait dial(OriginPool.Taker taker) {
    return places.dial(place, taker);
  }

  @Override
  public int accept(byte[] to) {
    client.endpoint().skip(headBytes);
    System.arraycopy(ESTABLISHED, 0, to, 0, ESTABLISHED.length);
    return ESTABLISHED.length;
  }

  @Override
  public void refuse(Reason reason, String why) {
    leave();
    client.endpoint().skip(headBytes);
    client.answer(reason, why, acceptsJson, false, keepAlive && !worker.draining(), minorVersion);
  }

  @Override
  public void giveWay() {
    client.giveWay();
  }

  @Override
  public void closeInOrder() {
    leave();
    client.closeInOrder(true);
  }

  @Override
  public void breakOff() {
    leave();
    client.breakOff();
  }

  @Override
  public void reset() {
    leave();
    client.close(true);
  }

  private void leave() {
    if (user != null) {
      user.leave();
      user = null;
    }
  }
}
