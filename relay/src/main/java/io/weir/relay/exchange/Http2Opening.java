package io.weir.relay.exchange;

import io.weir.relay.http2.LinkShare;
import io.weir.relay.origin.OriginPool;
import io.weir.relay.translation.StreamShare;
import java.nio.charset.StandardCharsets;

/**
 * The preface of HTTP/2 (RFC 9113, 3.4), within TLS after ALPN or by prior knowledge without. One
 * for each loop and entry: what the links of the loop share is made with the first of them.
 */
final class Http2Opening implements Opening {
  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private final Worker worker;

  Http2Opening(Worker worker) {
    this.worker = worker;
  }

  @Override
  public Match match(byte[] bytes, int from, int to) {
    int length = Math.min(to - from, PREFACE.length);
    for (int i = 0; i < length; i++) {
      if (bytes[from + i] != PREFACE[i]) {
        return Match.NO;
      }
    }
    return length == PREFACE.length ? Match.YES : Match.PERHAPS;
  }

  @Override
  public Connection take(Takeover taken) {
    return LinkConnection.take(worker, worker.links(), taken);
  }

  /** What the links of one loop share, and their streams. */
  record Share(LinkShare links, StreamShare streams) {
    /** The same for links to origins. */
    OriginPool.Http2 toOrigins() {
      return new OriginPool.Http2(links, streams);
    }

    static Share of(Worker worker) {
      return new Share(
          new LinkShare(worker.loop),
          new StreamShare(worker.loop, worker.governor, worker.settings.headLimits()));
    }
  }
}
