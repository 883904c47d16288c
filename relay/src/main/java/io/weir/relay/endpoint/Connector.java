package io.weir.relay.endpoint;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslContext;
import io.weir.relay.budget.Governor;
import io.weir.relay.loop.Loop;
import io.weir.relay.loop.Scratch;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Opens connections to one address: raw descriptors, or channels where there is no epoll. Thread:
 * the loop.
 */
public final class Connector {
  /** What a failure says where nobody listens. */
  public static final String REFUSED = "connection refused";

  /** What a failure says where no way leads. */
  public static final String NETWORK_UNREACHABLE = "network is unreachable";

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
   * @param raw whether connections are raw descriptors
   */
  public Connector(Loop loop, Governor governor, boolean raw) {
    this.loop = loop;
    this.governor = governor;
    this.raw = raw;
  }

  /**
   * Starts to connect. The caller limits the time and cancels.
   *
   * @param codecBytesMax what a codec on the connection may hold, part of its lease
   * @param greeting what the connection begins with, or null
   */
  public Attempt connect(
      InetSocketAddress address, int codecBytesMax, @Nullable Greeting greeting, Outcome outcome) {
    if (raw) {
      RawAttempt attempt = new RawAttempt(codecBytesMax, greeting, outcome);
      attempt.start(address);
      return attempt;
    }
    ChannelAttempt attempt = new ChannelAttempt(codecBytesMax, greeting, outcome);
    attempt.start(address);
    return attempt;
  }

  /** What the innermost cause says. */
  public static String message(Throwable cause) {
    Throwable root = cause;
    for (Throwable next = cause.getCause(); next != null; next = next.getCause()) {
      root = next;
    }
    String message = root.getMessage();
    return message == null ? root.getClass().getSimpleName() : message;
  }

  /** Tells of a connection that stands, once the greeting is on its way. */
  private void connected(Endpoint endpoint, @Nullable Greeting greeting, Outcome outcome) {
    if (greeting != null) {
      Scratch out = loop.out();
      int length = greeting.write(out.bytes());
      if (endpoint.write(out, 0, length, false) != length) { // a fresh socket has room for it
        endpoint.reset();
        outcome.failed(false, "the connection broke at its first bytes");
        return;
      }
    }
    outcome.connected(endpoint);
  }

  private Leasing leasing(InetSocketAddress address) {
    return address.getAddress().isLoopbackAddress()
        ? governor::localSocket
        : governor::originSocket;
  }

  /** Attends a raw endpoint until it is connected. */
  private final class RawAttempt implements Attempt, Attendant {
    private final int codecBytesMax;
    private final @Nullable Greeting greeting;
    private final Outcome outcome;
    private @Nullable RawEndpoint endpoint;
    private boolean over;

    RawAttempt(int codecBytesMax, @Nullable Greeting greeting, Outcome outcome) {
      this.codecBytesMax = codecBytesMax;
      this.greeting = greeting;
      this.outcome = outcome;
    }

    void start(InetSocketAddress address) {
      int fd = Libc.socket(SocketAddresses.family(address.getAddress()));
      if (fd < 0) {
        failLater(noSocket(fd));
        return;
      }
      RawEndpoint fresh = new RawEndpoint(loop, leasing(address), codecBytesMax, fd, address, this);
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
        connected(connecting, greeting, outcome);
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
        case 111 -> REFUSED;
        case 110 -> "connection timed out";
        case 113 -> "no route to host";
        case 101 -> NETWORK_UNREACHABLE;
        case 104 -> "connection reset";
        case 99 -> "no local address or port is free";
        default -> "error " + -result + " of connect(2)";
      };
    }
  }

  /** Waits for a channel to connect. */
  private final class ChannelAttempt extends ChannelInitializer<Channel>
      implements Attempt, Attendant {
    private final int codecBytesMax;
    private final @Nullable Greeting greeting;
    private final Outcome outcome;
    private @Nullable ChannelEndpoint endpoint;
    private boolean over;

    ChannelAttempt(int codecBytesMax, @Nullable Greeting greeting, Outcome outcome) {
      this.codecBytesMax = codecBytesMax;
      this.greeting = greeting;
      this.outcome = outcome;
    }

    void start(InetSocketAddress address) {
      ChannelFuture connecting =
          new Bootstrap()
              .group(loop)
              .channel(NioSocketChannel.class)
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
      if (connecting.isSuccess()) {
        succeed();
      } else if (!over) {
        cancel();
        outcome.failed(false, Connector.message(connecting.cause()));
      }
    }

    @Override
    protected void initChannel(Channel channel) {
      ChannelEndpoint.configure(channel.config());
      ChannelEndpoint fresh =
          new ChannelEndpoint(loop, governor::originSocket, codecBytesMax, this);
      endpoint = fresh;
      ChannelHandler last = fresh;
      channel.pipeline().addLast(last);
    }

    private void succeed() {
      ChannelEndpoint connected = endpoint;
      if (!over && connected != null) {
        over = true;
        Connector.this.connected(connected, greeting, outcome);
        connected.tell();
      }
    }

    @Override
    public void ready() {}

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
