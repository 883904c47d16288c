package io.weir.bench;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Clients that ask for a small body again and again, and take the time of each answer.
 *
 * <p>All on one thread with one selector; each has at most one request under way. An answer is
 * whole when as many bytes have come as its Content-Length says, and right if its status is 200 and
 * its body is the one expected. A connection that the server closes between two answers is opened
 * anew; one that breaks in an answer counts as failed, and is opened anew too, until {@link
 * #FAILED_MAX} have.
 *
 * <p>Probes are not opened anew: each is a new connection at its own time, whether the one before
 * has its answer or not, so that a slow answer cannot hide the next one.
 */
final class Requests implements LoadProcess.Load {
  private static final String BODY = "hello\n";
  private static final int ANSWER_BYTES_MAX = 4096;
  private static final long FAILED_MAX = 1_000;
  private static final long JOIN_MILLIS = 10_000;
  private static final long SELECT_MILLIS_MAX = 1_000;

  /** A probe that comes later than this many turns is left out, not made up for. */
  private static final int LATE_TURNS_MAX = 5;

  private final InetSocketAddress address;
  private final byte[] request;
  private final boolean close;

  /** Between two probes; 0 where these are no probes. */
  private final long everyNanos;

  private final int probesMax;
  private final ArrayDeque<Client> spare = new ArrayDeque<>();
  private final Selector selector;
  private final Thread thread;
  private final Latencies latencies = new Latencies();
  private final Map<String, Long> reasons = new TreeMap<>();
  private long failed;
  private int probes;
  private long probeNanos = System.nanoTime();
  private volatile boolean stopping;

  private Requests(
      InetSocketAddress address, String path, boolean close, int probesMax, long everyNanos)
      throws IOException {
    this.address = address;
    this.close = close;
    this.probesMax = probesMax;
    this.everyNanos = everyNanos;
    String host = address.getHostString() + ":" + address.getPort();
    String last = close ? "Connection: close\r\n" : "";
    this.request =
        ("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n" + last + "\r\n")
            .getBytes(ISO_8859_1);
    this.selector = Selector.open();
    this.thread = new Thread(this::run, "requests");
    this.thread.setDaemon(true);
  }

  /**
   * Starts them.
   *
   * @param close whether each request has a connection of its own
   */
  static Requests start(InetSocketAddress address, String path, int count, boolean close)
      throws IOException {
    Requests requests = new Requests(address, path, close, 0, 0);
    for (int i = 0; i < count; i++) {
      requests.open(requests.new Client());
    }
    requests.thread.start();
    return requests;
  }

  /**
   * Starts probes.
   *
   * @param max that wait for their answer at once; one beyond counts as failed
   * @param everyMillis between two of them, above 0
   */
  static Requests probe(InetSocketAddress address, String path, int max, long everyMillis)
      throws IOException {
    Requests requests = new Requests(address, path, true, max, everyMillis * 1_000_000);
    requests.thread.start();
    return requests;
  }

  /** Opens the probes that are due; returns the time to the next, in milliseconds. */
  private long probeDue() throws IOException {
    long now = System.nanoTime();
    while (probeNanos - now <= 0) {
      probeNanos = Math.max(probeNanos, now - LATE_TURNS_MAX * everyNanos) + everyNanos;
      if (probes >= probesMax) {
        count("no answer: " + probesMax + " were under way");
      } else if (!hopeless()) {
        Client client = spare.poll();
        probes++;
        open(client == null ? new Client() : client);
      }
    }
    return Math.max(1, (probeNanos - now) / 1_000_000);
  }

  private void open(Client client) {
    try {
      client.connect();
    } catch (IOException e) {
      client.broke("cannot connect: " + e.getMessage());
    }
  }

  private void run() {
    Consumer<SelectionKey> ready =
        key -> {
          if (key.attachment() instanceof Client client) {
            client.ready();
          }
        };
    try {
      while (!stopping) {
        selector.select(ready, everyNanos > 0 ? probeDue() : SELECT_MILLIS_MAX);
      }
      for (SelectionKey key : selector.keys()) {
        key.channel().close();
      }
      selector.close();
    } catch (IOException e) {
      count("the selector failed: " + e.getMessage());
    }
  }

  private synchronized void count(String reason) {
    failed++;
    if (reasons.size() < 16 || reasons.containsKey(reason)) {
      reasons.merge(reason, 1L, Long::sum);
    }
  }

  private synchronized void answered(long nanos) {
    latencies.add(nanos);
  }

  private synchronized boolean hopeless() {
    return failed >= FAILED_MAX;
  }

  /** What came since the last mark; the times begin anew with it. */
  @Override
  public synchronized LoadProcess.Mark mark() {
    LoadProcess.Mark mark =
        new LoadProcess.Mark(
            System.nanoTime(),
            latencies.total() * BODY.length(),
            latencies.total(),
            failed,
            latencies.percentile(50) / 1e6,
            latencies.percentile(90) / 1e6,
            latencies.percentile(99) / 1e6,
            LoadProcess.joined(reasons));
    latencies.clear();
    return mark;
  }

  @Override
  public void stop() throws InterruptedException {
    stopping = true;
    selector.wakeup();
    thread.join(JOIN_MILLIS);
  }

  /** One client and its connection of the moment. The selector's thread. */
  private final class Client {
    private final ByteBuffer answer = ByteBuffer.allocateDirect(ANSWER_BYTES_MAX);
    private final byte[] bytes = new byte[ANSWER_BYTES_MAX];
    private SocketChannel channel;
    private long sentNanos;
    private boolean answered;

    Client() throws IOException {
      channel = SocketChannel.open();
    }

    void connect() throws IOException {
      if (!channel.isOpen()) {
        channel = SocketChannel.open();
      }
      channel.configureBlocking(false);
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      sentNanos = System.nanoTime(); // of a new connection, its opening counts too
      answered = false;
      answer.clear();
      if (channel.connect(address)) {
        channel.register(selector, SelectionKey.OP_READ, this);
        send();
      } else {
        channel.register(selector, SelectionKey.OP_CONNECT, this);
      }
    }

    void ready() {
      try {
        if (channel.isConnectionPending()) {
          channel.finishConnect();
          channel.register(selector, SelectionKey.OP_READ, this);
          send();
        } else {
          read();
        }
      } catch (IOException e) {
        broke("broken: " + e.getMessage());
      }
    }

    private void send() throws IOException {
      if (channel.write(ByteBuffer.wrap(request)) < request.length) {
        throw new IOException("a request did not fit into the send buffer");
      }
    }

    private void read() throws IOException {
      int length = channel.read(answer);
      if (length < 0) {
        ended();
      } else if (length > 0 && !answered && whole()) {
        answered(System.nanoTime() - sentNanos);
        answer.clear();
        answered = close;
        if (!close) {
          sentNanos = System.nanoTime();
          send();
        }
      }
    }

    /** The server has closed: in good order, unless an answer had begun or none came at all. */
    private void ended() throws IOException {
      if (answer.position() > 0 || (close && !answered)) {
        broke("closed before the answer was whole");
        return;
      }
      channel.close();
      next();
    }

    /** Opens a new connection, or waits for the next probe's time. */
    private void next() throws IOException {
      if (everyNanos > 0) {
        probes--;
        spare.add(this);
      } else {
        connect();
      }
    }

    private boolean whole() throws IOException {
      int length = answer.position();
      answer.get(0, bytes, 0, length);
      String text = new String(bytes, 0, length, ISO_8859_1);
      int body = text.indexOf("\r\n\r\n") + 4;
      if (body < 4 || length < body + BODY.length()) {
        if (length == ANSWER_BYTES_MAX) {
          throw new IOException("an answer of more than " + ANSWER_BYTES_MAX + " bytes");
        }
        return false;
      }
      if (!text.startsWith("HTTP/1.1 200 ") || !text.endsWith("\r\n\r\n" + BODY)) {
        throw new IOException("a wrong answer: " + text.lines().findFirst().orElse(""));
      }
      return true;
    }

    void broke(String reason) {
      count(reason);
      try {
        channel.close();
        if (!stopping && !hopeless()) {
          next();
        }
      } catch (IOException e) {
        count("cannot connect: " + e.getMessage());
      }
    }
  }
}
