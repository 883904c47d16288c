package io.weir.relay.endpoint;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.weir.relay.budget.Governor;
import io.weir.relay.loop.Loop;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Opens connections to one address: a raw descriptor for plain TCP, a channel for TLS and where
 * there is no epoll. Thread: the loop.
 */
public final class Connector {
  /** How TLS is spoken to a host. */
  public record Tls(SslContext context, String host, int port, boolean verifyHost) {}

  /** What came of an attempt; one of the two is called, once, unless it is cancelled before. */
  public interface Outcome {
    /** The connection stands; the callee owns {@code endpoint} and must attend to it at once. */
    void connected(Endpoint endpoint);

    /**
     * There is no connection.
     *
     * @param tlsFault whether TCP connected and the TLS handshake failed
     * @param why one clause for the log
     */
    void failed(boolean tlsFault, String why);
  }

  /** A connection under way. */
  public interface Attempt {
    /** Gives up; {@link Outcome} hears nothing after this. No effect once an outcome was told. */
    void cancel();
  }

  private final Loop loop;
  private final Governor governor;
  private final boolean raw;

  /**
   * @param raw whether plain connections are raw descriptors
   */
  public Connector(Loop loop, Governor governor, boolean raw) {
    this.loop = loop;
    this.governor = governor;
    this.raw = raw;
  }

  /** Starts to connect. The caller limits the time and cancels. */
  public Attempt connect(InetSocketAddress address, @Nullable Tls tls, Outcome outcome) {
    if (raw && tls == null) {
      RawAttempt attempt = new RawAttempt(outcome);
      attempt.start(address);
      return attempt;
    }
    ChannelAttempt attempt = new ChannelAttempt(tls, outcome);
    attempt.start(address);
    return attempt;
  }

  private Leasing leasing(InetSocketAddress address) {
    return address.getAddress().isLoopbackAddress()
        ? governor::localSocket
        : governor::originSocket;
  }

  /** Attends a raw endpoint until it is connected. */
  private final class RawAttempt implements Attempt, Attendant {
    private final Outcome outcome;
    private @Nullable RawEndpoint endpoint;
    private boolean over;

    RawAttempt(Outcome outcome) {
      this.outcome = outcome;
    }

    void start(InetSocketAddress address) {
      int fd = Libc.socket(SocketAddresses.family(address.getAddress()));
      if (fd < 0) {
        failLater(noSocket(fd));
        return;
      }
      RawEndpoint fresh = new RawEndpoint(loop, leasing(address), fd, address, this);
      int result = fresh.connect(address);
      Libc.tune(fd);
      if (result < 0 && result != Libc.EINPROGRESS) {
        fresh.close();
        failLater(describe(result));
        return;
      }
      endpoint = fresh;
      try {
        fresh.register();
      } catch (RuntimeException e) {
        fresh.close();
        failLater("the loop cannot watch another socket: " + e.getMessage());
      }
    }

    private void failLater(String why) {
      loop.execute(
          () -> {
            if (!over) {
              over = true;
              outcome.failed(false, why);
            }
          });
    }

    @Override
    public void ready() {
      RawEndpoint connecting = endpoint;
      if (over || connecting == null || !(connecting.writable() || connecting.failed())) {
        return;
      }
      over = true;
      int result = connecting.connectResult();
      if (result == 0) {
        outcome.connected(connecting);
      } else {
        connecting.close();
        outcome.failed(false, describe(result));
      }
    }

    @Override
    public void abandon() {
      if (endpoint != null) {
        endpoint.close();
      }
    }

    @Override
    public void cancel() {
      if (!over) {
        over = true;
        abandon();
      }
    }

    private static String noSocket(int result) {
      return result == Libc.EMFILE || result == Libc.ENFILE
          ? "no descriptors are left; raise the limit (ulimit -n)"
          : "no socket: error " + -result;
    }

    private static String describe(int result) {
      return switch (-result) {
        case 111 -> "connection refused";
        case 110 -> "connection timed out";
        case 113 -> "no route to host";
        case 101 -> "network is unreachable";
        case 104 -> "connection reset";
        case 99 -> "no local address or port is free";
        default -> "error " + -result + " of connect(2)";
      };
    }
  }

  /** Waits for a channel to connect and, with TLS, to shake hands. */
  private final class ChannelAttempt extends ChannelInitializer<Channel>
      implements Attempt, Attendant {
    private final @Nullable Tls tls;
    private final Outcome outcome;
    private @Nullable ChannelEndpoint endpoint;
    private boolean over;

    ChannelAttempt(@Nullable Tls tls, Outcome outcome) {
      this.tls = tls;
      this.outcome = outcome;
    }

    void start(InetSocketAddress address) {
      ChannelFuture connecting =
          new Bootstrap()
              .group(loop)
              .channel(raw ? EpollSocketChannel.class : NioSocketChannel.class)
              .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 0) // the caller limits the time
              .handler(this)
              .connect(address);
      connecting.addListener(
          _ -> {
            if (!loop.inEventLoop()) {
              loop.execute(
                  () -> connected(connecting)); // without a socket Netty uses a thread of its own
            } else {
              connected(connecting);
            }
          });
    }

    private void connected(ChannelFuture connecting) {
      if (!connecting.isSuccess()) {
        fail(false, connecting.cause());
        return;
      }
      if (tls == null) {
        succeed();
      }
    }

    @Override
    protected void initChannel(Channel channel) {
      ChannelEndpoint.configure(channel.config());
      ChannelEndpoint fresh = new ChannelEndpoint(loop, governor::originSocket, tls != null, this);
      endpoint = fresh;
      if (tls != null) {
        SslHandler handler = tls.context.newHandler(channel.alloc(), tls.host, tls.port);
        if (tls.verifyHost) {
          var parameters = handler.engine().getSSLParameters();
          parameters.setEndpointIdentificationAlgorithm("HTTPS");
          handler.engine().setSSLParameters(parameters);
        }
        // The caller's connect timeout covers the handshake.
        handler.setHandshakeTimeoutMillis(0);
        handler
            .handshakeFuture()
            .addListener(
                done -> {
                  if (done.isSuccess()) {
                    succeed();
                  } else {
                    fail(true, done.cause());
                  }
                });
        channel.pipeline().addLast(handler);
      }
      ChannelHandler last = fresh;
      channel.pipeline().addLast(last);
    }

    private void succeed() {
      ChannelEndpoint connected = endpoint;
      if (!over && connected != null) {
        over = true;
        outcome.connected(connected);
        connected.tell();
      }
    }

    private void fail(boolean tlsFault, Throwable cause) {
      Throwable root = cause;
      for (Throwable next = cause.getCause(); next != null; next = next.getCause()) {
        root = next;
      }
      String message = root.getMessage();
      fail(
          tlsFault && !(root instanceof java.io.IOException && message == null),
          message == null ? root.getClass().getSimpleName() : message);
    }

    private void fail(boolean tlsFault, String why) {
      if (!over) {
        cancel();
        outcome.failed(tlsFault, why);
      }
    }

    @Override
    public void ready() {
      ChannelEndpoint connecting = endpoint;
      if (connecting != null && (connecting.inputEnded() || connecting.inputBroken())) {
        // With half-closed connections allowed, Netty's handshake would wait on after a FIN.
        fail(true, "the origin closed the connection in the TLS handshake");
      }
    }

    @Override
    public void abandon() {
      if (endpoint != null) {
        endpoint.reset();
      }
    }

    @Override
    public void cancel() {
      if (!over) {
        over = true;
        abandon();
      }
    }
  }
}
