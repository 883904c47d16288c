package io.weir.relay.origin;

import io.weir.relay.endpoint.Attendant;
import io.weir.relay.endpoint.ChannelEndpoint;
import io.weir.relay.endpoint.Endpoint;
import io.weir.relay.endpoint.KernelLimits;
import io.weir.relay.http2.Http2Link;
import io.weir.relay.http2.LinkCost;
import io.weir.relay.http2.LinkEvents;
import io.weir.relay.http2.LinkSettings;
import io.weir.relay.http2.LinkStream;
import io.weir.relay.http2.StreamEvents;
import io.weir.relay.tls.TlsEndpoint;
import io.weir.relay.translation.OriginStream;
import org.jspecify.annotations.Nullable;

/**
 * One connection to an origin that speaks HTTP/2.
 *
 * <pre>
 *   begun --settings--> serving --GOAWAY, a fault--> ending --no stream left--> over
 *     |                    |
 *     +-- its time, fault  +-- idle for long, silent for long --> over
 * </pre>
 *
 * Thread: the loop. Owns the endpoint.
 */
final class OriginLink implements LinkEvents {
  /** Half of the numbers that streams may have (RFC 9113, 5.1.1): then another link is made. */
  private static final long STREAMS_OPENED_MAX = 1 << 29;

  /** Attends a stream until its exchange does. */
  private static final Attendant NOBODY =
      new Attendant() {
        @Override
        public void ready() {}

        @Override
        public void abandon() {}
      };

  private final OriginLinks links;
  private final Endpoint endpoint;
  private final Http2Link link;
  private final Silence silence = new Silence();
  private final long begunNanos = System.nanoTime();
  private boolean settled;
  private boolean ended;
  private long opened;
  private long idleSinceNanos = begunNanos;
  private @Nullable String fault;

  OriginLink(OriginLinks links, Endpoint endpoint) {
    this.links = links;
    this.endpoint = endpoint;
    endpoint.lease().narrow(); // from now on its buffers are its streams'
    this.link = Http2Link.begin(links.shared.links(), endpoint, settings(), this);
    endpoint.attend(link.attendant());
  }

  private LinkSettings settings() {
    return new LinkSettings(
        false,
        0,
        links.shared.streams().fieldBytesMax(),
        KernelLimits.sizes().receiveBytes(0) / 2,
        LinkCost.SOCKET_RECEIVE_BYTES,
        LinkCost.SOCKET_SEND_BYTES,
        false);
  }

  /**
   * What must be free for one more, and is taken while it lives: early data all the while, since
   * streams may begin before the origin has acknowledged our settings.
   */
  static long leastBytes(boolean raw, boolean tls) {
    return (long) KernelLimits.sizes().leastSocketBytes()
        + LinkCost.LINK_BYTES
        + LinkCost.EARLY_BYTES
        + (tls ? TlsEndpoint.USER_BYTES_MAX : 0)
        + (raw ? 0 : ChannelEndpoint.USER_BYTES_MAX);
  }

  boolean settled() {
    return settled;
  }

  boolean free() {
    return settled && !ended && link.mayOpen();
  }

  /** Whether it takes no streams any more; those that it has go on. */
  boolean leaving() {
    return ended || link.closing();
  }

  int streams() {
    return link.streamCount();
  }

  /** Opens a stream; only if {@link #free}. */
  OriginConnection open() {
    boolean used = opened++ > 0;
    if (opened >= STREAMS_OPENED_MAX) {
      ended = true;
    }
    silence.asked(System.nanoTime(), link.framesIn());
    OriginStream stream =
        OriginStream.open(
            links.shared.streams(), link, links.settings.tls() != null, endpoint.peer(), NOBODY);
    return new OriginConnection(links.pool, links, stream, used);
  }

  // --- What the link tells ----------------------------------------------------------------------

  /** An origin opens none: push is switched off. */
  @Override
  public @Nullable StreamEvents opened(LinkStream stream) {
    return null;
  }

  @Override
  public void mayOpen() {
    settled |= link.settled();
    links.serveLater();
  }

  @Override
  public void noMoreStreams() {
    ended = true;
    links.serveLater();
  }

  @Override
  public void idle() {
    idleSinceNanos = System.nanoTime();
    silence.answered();
    if (ended) {
      link.drain();
    }
    links.serveLater();
  }

  @Override
  public void faulted(Fault what, String detail) {
    ended = true;
    fault = detail;
  }

  @Override
  public void closed() {
    String why = fault == null ? "the origin closed the connection" : fault;
    links.over(this, endpoint, settled ? null : "no HTTP/2 with the origin: " + why);
  }

  // --- Time -------------------------------------------------------------------------------------

  void sweep(long nowNanos, long settleNanosMax, long idleNanosMax) {
    endpoint.lease().settle();
    if (!settled && nowNanos - begunNanos >= settleNanosMax) {
      fault = "it sent no settings in time";
      link.close();
    } else if (settled && link.streamCount() == 0) {
      unused(nowNanos - idleSinceNanos >= idleNanosMax);
    } else if (settled) {
      watch(nowNanos);
    }
  }

  /** Ends in order what goes away, or has been unused for long; at once what does not end so. */
  private void unused(boolean forLong) {
    if (forLong && leaving()) {
      link.close();
    } else if (forLong || leaving()) {
      ended = true;
      link.drain();
    }
  }

  private void watch(long nowNanos) {
    switch (silence.look(nowNanos, link.framesIn())) {
      case WAIT -> {}
      case PING -> link.ping();
      case GONE -> {
        fault = "the origin did not answer a PING";
        link.close();
      }
    }
  }

  void close() {
    ended = true;
    link.drain();
    link.close();
  }
}
