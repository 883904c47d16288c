package io.weir.relay.exchange;

import io.weir.relay.endpoint.Acceptor;
import io.weir.relay.endpoint.Endpoint;
import io.weir.relay.endpoint.LastBytes;
import io.weir.relay.endpoint.Source;
import io.weir.relay.http.Reason;
import io.weir.relay.http1.LocalAnswer;
import io.weir.relay.loop.Scratch;
import io.weir.relay.proxyprotocol.ProxyHeader;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * A connection at an address where proxies begin with a PROXY protocol header: until it is clear
 * for whom it speaks.
 *
 * <pre>
 *                  a proxy's header is whole: consumed, announced
 *   READING ------------------------------------------------------> next owner
 *      | |   another peer, and no header                               ^
 *      | +-------------------------------------------------------------+
 *      |
 *      +--header missing or malformed, from a stranger, or late--> LINGERING --> closed
 * </pre>
 *
 * A header is taken from the proxies that were named and from nobody else, and they must send one:
 * where either could be guessed, anybody could say to be anybody. It is peeked at until it is
 * whole. Thread: the loop. Owns its endpoint until it is handed on.
 */
final class ProxiedConnection extends OwningConnection {
  private final TrustedProxies proxies;
  private final boolean speaksHttp;
  private final Acceptor.Accepted next;
  private final long deadlineNanos;
  private @Nullable Lingering lingering;
  private boolean trusted;
  private boolean over;
  private boolean left;
  private boolean handed;

  /**
   * @param proxies of whom a header is taken, and wanted
   * @param speaksHttp whether clients speak first, and understand an answer of HTTP
   * @param next who goes on
   */
  ProxiedConnection(
      Worker worker, TrustedProxies proxies, boolean speaksHttp, Acceptor.Accepted next) {
    super(worker);
    this.proxies = proxies;
    this.speaksHttp = speaksHttp;
    this.next = next;
    this.deadlineNanos = System.nanoTime() + worker.settings.timeouts().headMillis() * 1_000_000L;
  }

  @Override
  public void own(Endpoint accepted) {
    trusted = proxies.trusts(accepted.peer());
    if (!trusted && !speaksHttp) {
      over = true;
      handed = true;
      next.own(accepted); // it may be the other side that speaks first
      accepted.attend(next);
      return;
    }
    take(accepted);
    worker.listed(this);
  }

  @Override
  public void ready() {
    if (over) {
      return;
    }
    if (lingering != null) {
      linger(lingering);
    } else {
      read(endpoint());
    }
  }

  @Override
  public void abandon() {
    if (handed) {
      next.abandon(); // the loop could not watch it
    } else {
      close(true);
    }
  }

  private void read(Endpoint from) {
    if (!from.readable()) {
      return;
    }
    Scratch in = loop.in();
    int at = Scratch.HEADROOM_BYTES;
    int arrived = from.peek(in, at, ProxyHeader.BYTES_MAX);
    if (arrived == Source.NOTHING_YET) {
      return;
    }
    if (arrived < 0) {
      close(false); // a proxy that only looked whether we are there
      return;
    }
    ProxyHeader header = ProxyHeader.read(in.bytes(), at, at + arrived);
    boolean ended = from.inputEnded() && arrived < ProxyHeader.BYTES_MAX;
    if (!trusted) {
      readStranger(header, ProxyHeader.isSigned(in.bytes(), at, at + arrived), ended);
      return;
    }
    switch (header) {
      case ProxyHeader.Incomplete() -> {
        if (ended) {
          refuse(Reason.PROXY_HEADER, "It ends in the middle");
        } else if (worker.governor.widenForHead(from.lease(), ProxyHeader.BYTES_MAX, arrived)) {
          from.peek(in, at, 1); // tells the proxy of the room
          giveWay();
        }
      }
      case ProxyHeader.Malformed(String why) -> refuse(Reason.PROXY_HEADER, why);
      case ProxyHeader.Complete complete -> announce(from, complete);
    }
  }

  /** What may still become a signature is waited for. */
  private void readStranger(ProxyHeader header, boolean signed, boolean ended) {
    if (signed) {
      refuse(Reason.PROXY_HEADER_UNTRUSTED, "");
    } else if (ended || !(header instanceof ProxyHeader.Incomplete)) {
      handOn();
    }
  }

  private void announce(Endpoint from, ProxyHeader.Complete header) {
    from.skip(header.lengthBytes());
    InetSocketAddress source = header.source();
    InetSocketAddress destination = header.destination();
    if (source != null && destination != null) {
      from.announce(source, destination);
    }
    handOn();
  }

  private void handOn() {
    over = true;
    left = true;
    worker.unlisted(this);
    Endpoint passed = endpoint();
    try {
      next.own(passed);
    } catch (RuntimeException e) {
      passed.reset(); // it is nobody's
      worker.gone();
      throw e;
    }
    passed.attend(next);
    try {
      next.ready(); // what has come behind the header makes no new edge
    } catch (Throwable t) {
      loop.faults().record(t);
      next.abandon();
    }
  }

  private void refuse(Reason reason, String why) {
    InetSocketAddress peer = endpoint().peer();
    worker.counters.failed(reason);
    worker.counters.answered(reason.status());
    OwnAnswers.log(reason, why, peer);
    ExchangeLog log = worker.log();
    if (log != null) {
      log.ended(ExchangeEnd.refused(peer, null, reason));
    }
    Scratch out = loop.out();
    int length = LocalAnswer.write(reason, why, false, false, false, 1, out.bytes(), 0);
    if (!speaksHttp || endpoint().write(out, 0, length, false) != length) {
      close(true);
      return;
    }
    Lingering last = new Lingering(loop, endpoint());
    lingering = last;
    linger(last);
  }

  private void linger(Lingering last) {
    switch (last.step()) {
      case WAITS -> {}
      case GIVES_WAY -> giveWay();
      case ENDED -> close(false);
    }
  }

  private void close(boolean broken) {
    if (over) {
      return;
    }
    over = true;
    if (broken) {
      endpoint().reset();
      leave();
    } else {
      int millis = worker.settings.timeouts().sendMillis();
      LastBytes.close(loop, endpoint(), millis, this::leave);
    }
  }

  private void leave() {
    if (!left) {
      left = true;
      worker.unlisted(this);
      worker.gone();
    }
  }

  @Override
  protected void sweep(long nowNanos) {
    if (over) {
      return;
    }
    endpoint().lease().settle();
    if (lingering != null) {
      if (lingering.overdue(nowNanos)) {
        close(false);
      }
    } else if (nowNanos - deadlineNanos >= 0) {
      overdue();
    }
  }

  private void overdue() {
    if (trusted && endpoint().peek(loop.in(), Scratch.HEADROOM_BYTES, 1) > 0) {
      refuse(Reason.PROXY_HEADER, "It did not arrive in time");
    } else {
      close(false);
    }
  }

  @Override
  void drain() {
    if (lingering == null) {
      close(false);
    }
  }

  @Override
  boolean cut() {
    close(false);
    endpoint().close(); // the kernel delivers the last bytes alone
    leave();
    return false;
  }
}
