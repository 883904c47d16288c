package io.weir.relay.origin;

import io.weir.relay.endpoint.Connector;
import io.weir.relay.endpoint.Endpoint;
import io.weir.relay.endpoint.Greeting;
import io.weir.relay.http.Reason;
import io.weir.relay.loop.Loop;
import io.weir.relay.loop.Timed;
import io.weir.relay.tls.TlsConnector;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One connection to the origin being made: the name is resolved, then its addresses are tried one
 * after the other until one answers or the time is over.
 *
 * <pre>
 *   resolving --> trying address i --connected--> done
 *       |            |  ^     |
 *       |     refused|  |next | its share of the time is over
 *       v            v--+-----+
 *    failed <--- no address left, or all the time is over
 * </pre>
 *
 * Thread: the loop.
 */
final class Dial extends Timed implements Connector.Outcome {
  /** Who wants the connection. Exactly one of the two is called, unless it cancels. */
  interface Caller {
    void dialled(Endpoint endpoint);

    void undialled(Reason reason, String why);
  }

  private final Loop loop;
  private final TlsConnector connector;
  private final Connector.@Nullable Tls tls;
  private final Origin origin;
  private final Reach reach;
  private final @Nullable Greeting greeting;
  private final long timeoutNanos;
  private final Caller caller;
  private List<InetSocketAddress> addresses = List.of();
  private int next;
  private long deadlineNanos;
  private long attemptDeadlineNanos;
  private Connector.@Nullable Attempt attempt;
  private String lastFailure = "the name was not resolved in time";
  private boolean tlsFault;
  private boolean over;

  Dial(
      Loop loop,
      TlsConnector connector,
      Origin origin,
      Reach reach,
      OriginSettings settings,
      @Nullable Greeting greeting,
      Caller caller) {
    this.loop = loop;
    this.connector = connector;
    this.tls = settings.tls();
    this.origin = origin;
    this.reach = reach;
    this.greeting = greeting;
    this.timeoutNanos = TimeUnit.MILLISECONDS.toNanos(settings.connectTimeoutMillis());
    this.caller = caller;
  }

  void start() {
    deadlineNanos = System.nanoTime() + timeoutNanos;
    attemptDeadlineNanos = deadlineNanos;
    loop.watch(this);
    reach
        .names()
        .resolve(
            origin.host(),
            origin.port(),
            this::resolved,
            why -> fail(Reason.ORIGIN_NAME_UNKNOWN, why));
  }

  private void resolved(List<InetSocketAddress> found) {
    if (over) {
      return;
    }
    addresses = admitted(found);
    if (addresses.isEmpty()) {
      fail(Reason.FORBIDDEN, "no address of " + origin.host() + " is allowed" + remark(found));
    } else {
      tryNext();
    }
  }

  private List<InetSocketAddress> admitted(List<InetSocketAddress> found) {
    ArrayList<InetSocketAddress> admitted = new ArrayList<>(found.size());
    for (InetSocketAddress address : found) {
      if (reach.rule().refusal(address.getAddress()) == null) {
        admitted.add(address);
      }
    }
    return admitted;
  }

  /** What is to be said of one of the addresses that were refused. */
  private String remark(List<InetSocketAddress> refused) {
    for (InetSocketAddress address : refused) {
      String remark = reach.rule().refusal(address.getAddress());
      if (remark != null && !remark.isEmpty()) {
        return ": " + remark;
      }
    }
    return "";
  }

  private void tryNext() {
    if (next == addresses.size()) {
      fail(tlsFault ? Reason.ORIGIN_TLS : Reason.ORIGIN_UNREACHABLE, lastFailure);
      return;
    }
    long nowNanos = System.nanoTime();
    int left = addresses.size() - next;
    attemptDeadlineNanos = nowNanos + Math.max(1, (deadlineNanos - nowNanos) / left);
    InetSocketAddress address = addresses.get(next++);
    lastFailure = "no answer from " + text(address) + " within the connect timeout";
    attempt = connector.connect(address, tls, greeting, this);
  }

  @Override
  public void connected(Endpoint endpoint) {
    end();
    caller.dialled(endpoint);
  }

  @Override
  public void failed(boolean inTls, String why) {
    tlsFault |= inTls;
    lastFailure = text(addresses.get(next - 1)) + ": " + why;
    attempt = null;
    tryNext();
  }

  @Override
  public void abandon() {
    fail(Reason.INTERNAL, "connecting failed by a fault of ours");
  }

  @Override
  protected void sweep(long nowNanos) {
    if (nowNanos - attemptDeadlineNanos < 0) {
      return;
    }
    if (attempt != null) {
      attempt.cancel();
      attempt = null;
    }
    if (next < addresses.size()) {
      tryNext();
    } else {
      fail(Reason.ORIGIN_CONNECT_TIMEOUT, lastFailure);
    }
  }

  private void fail(Reason reason, String why) {
    if (!over) {
      end();
      caller.undialled(reason, why);
    }
  }

  private void end() {
    over = true;
    loop.unwatch(this);
  }

  /** Gives up; the caller hears nothing after this. */
  void cancel() {
    if (!over) {
      end();
      if (attempt != null) {
        attempt.cancel();
      }
    }
  }

  private static String text(InetSocketAddress address) {
    return address.getAddress().getHostAddress() + ":" + address.getPort();
  }
}
