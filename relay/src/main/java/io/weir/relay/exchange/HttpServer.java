package io.weir.relay.exchange;

import io.weir.relay.budget.Budget;
import io.weir.relay.budget.Governor;
import io.weir.relay.budget.GovernorListener;
import io.weir.relay.endpoint.Acceptor;
import io.weir.relay.endpoint.Listener;
import io.weir.relay.endpoint.Listeners;
import io.weir.relay.http.Reason;
import io.weir.relay.http1.LocalAnswer;
import io.weir.relay.loop.Faults;
import io.weir.relay.loop.Histogram;
import io.weir.relay.loop.Loop;
import io.weir.relay.loop.LoopGroup;
import io.weir.relay.loop.LoopPace;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP/1.1 listener with loops of its own: it relays to an origin, or answers by itself.
 *
 * <pre>
 *   serving() --> listen() ... --> drain() --> cut() --> close()
 * </pre>
 *
 * Any thread may call it; what concerns a loop is handed to that loop and waited for, at most
 * {@link #ANSWER_SECONDS_MAX}.
 */
public final class HttpServer implements AutoCloseable {
  private static final long ANSWER_SECONDS_MAX = 5;
  private static final byte[] NOTHING = {};

  /** A fatal alert, internal_error, in the clear: the answer to a ClientHello; RFC 8446, 6. */
  private static final byte[] TLS_REFUSAL = {21, 3, 3, 0, 2, 2, 80};

  private final LoopGroup group;
  private final List<Worker> workers = new ArrayList<>();
  private final List<Listener> listeners = new ArrayList<>();
  private boolean closed;
  private final byte[] refusal;
  private final EntrySettings main;
  private final int backlog;
  private final Admission admission;
  private final Faults faults;

  private HttpServer(ServerSettings settings, EntrySettings main, Faults faults) {
    this.faults = faults;
    this.main = main;
    backlog = settings.memory().backlog();
    group = new LoopGroup(settings.name(), settings.threads(), settings.allowRaw(), faults);
    admission =
        new Admission(
            settings.memory(), ConnectionCost.of(group.raw(), main.speaksTls(), !main.rawOrigin()));
    byte[] room = new byte[LocalAnswer.bytesMax(Reason.OVERLOADED, "")];
    int length = LocalAnswer.write(Reason.OVERLOADED, "", false, false, false, 1, room, 0);
    refusal = Arrays.copyOf(room, length);
  }

  /** A server of which {@code main} is the way in from the start. It does not listen yet. */
  public static HttpServer serving(ServerSettings settings, EntrySettings main, Faults faults) {
    return new HttpServer(settings, main, faults).start(settings);
  }

  private HttpServer start(ServerSettings settings) {
    for (Loop loop : group.loops()) {
      workers.add(onLoop(loop, () -> new Worker(loop, settings, group.raw(), admission, main)));
    }
    return this;
  }

  /**
   * Listens on {@code address} too.
   *
   * @return the address with the port that the system chose where 0 was asked for
   * @throws IOException with a short reason, if it cannot be bound
   */
  public synchronized InetSocketAddress listen(InetSocketAddress address) throws IOException {
    return listen(address, main, Worker::main);
  }

  /**
   * Listens on {@code address} for what {@code settings} say.
   *
   * @return as {@link #listen(InetSocketAddress)}
   * @throws IOException as that
   */
  public synchronized InetSocketAddress listen(InetSocketAddress address, EntrySettings settings)
      throws IOException {
    return listen(address, settings, settings::on);
  }

  private InetSocketAddress listen(
      InetSocketAddress address, EntrySettings settings, Function<Worker, Entry> maker)
      throws IOException {
    IdentityHashMap<Loop, Entry> entries = new IdentityHashMap<>();
    for (Worker worker : workers) {
      entries.put(worker.loop, onLoop(worker.loop, () -> maker.apply(worker)));
    }
    Listener listener = Listeners.listen(group, address, new ConnectionAcceptor(entries, settings));
    listeners.add(listener);
    return listener.address();
  }

  /** Whether plain sockets are raw descriptors here. */
  public boolean raw() {
    return group.raw();
  }

  /** Counts of all loops together. */
  public Totals totals() {
    Totals sum = Totals.none();
    for (Worker worker : workers) {
      sum = sum.plus(worker.counters.read());
    }
    return sum;
  }

  /** Bytes that flows of all loops have in pipes between turns; nearly always 0. */
  long heldInPipesBytes() {
    long sum = 0;
    for (Worker worker : workers) {
      sum += worker.pipes.heldBytes();
    }
    return sum;
  }

  /** What all flows may hold, what is leased of it, and what was done when it got short. */
  public Leased leased() {
    long growths = 0;
    long shrinks = 0;
    long scarceLooks = 0;
    long stopped = 0;
    long waits = 0;
    long idleClosed = 0;
    for (Worker worker : workers) {
      growths += worker.governor.growths();
      shrinks += worker.governor.shrinks();
      scarceLooks += worker.governor.scarceLooks();
      stopped += worker.counters.stoppedSources();
      waits += worker.counters.leaseWaits();
      idleClosed += worker.counters.idleClosed();
    }
    Totals totals = totals();
    Budget budget = admission.budget();
    return new Leased(
        budget.bytes(),
        budget.leasedBytes(),
        budget.leasedBytesMax(),
        admission.unprovenBytes(),
        growths,
        shrinks,
        scarceLooks,
        stopped,
        waits,
        idleClosed,
        totals.failures(Reason.OVERLOADED),
        totals.failures(Reason.RESET_STALLED),
        totals.failures(Reason.SEND_TIMEOUT));
  }

  /**
   * What each socket of each connection may hold and holds, as of the moment its loop was asked.
   */
  List<Holding> holdings() {
    ArrayList<Holding> holdings = new ArrayList<>();
    for (Worker worker : workers) {
      holdings.addAll(onLoop(worker.loop, worker::holdings));
    }
    return holdings;
  }

  /** Bytes that have passed through pipes, not through user space. */
  public long splicedBytes() {
    long sum = 0;
    for (Worker worker : workers) {
      sum += worker.pipes.splicedBytes();
    }
    return sum;
  }

  /** How long exchanges took, and how late the loops are. */
  public Timings timings() {
    Histogram.Reading firstByte = null;
    Histogram.Reading duration = null;
    List<Timings.Pace> paces = new ArrayList<>();
    long nowNanos = System.nanoTime();
    for (Worker worker : workers) {
      Histogram.Reading first = worker.counters.firstByte();
      Histogram.Reading took = worker.counters.duration();
      firstByte = firstByte == null ? first : firstByte.plus(first);
      duration = duration == null ? took : duration.plus(took);
      LoopPace pace = worker.loop.pace();
      paces.add(new Timings.Pace(pace.late(), pace.silentNanos(nowNanos)));
    }
    if (firstByte == null || duration == null) {
      throw new IllegalStateException("a server without a loop");
    }
    return new Timings(firstByte, duration, paces);
  }

  /** Exchanges that are over and heads that were refused, by what the client was given. */
  public Map<StatusClass, Long> answered() {
    EnumMap<StatusClass, Long> sum = new EnumMap<>(StatusClass.class);
    for (StatusClass statusClass : StatusClass.values()) {
      for (Worker worker : workers) {
        sum.merge(statusClass, worker.counters.answered(statusClass), Long::sum);
      }
    }
    return sum;
  }

  /** Failures that are our own fault. */
  public long faults() {
    return faults.total();
  }

  /**
   * From now on {@code exchanges} is told, too, of exchanges that are over, and {@code decisions}
   * of what the governors do; both on the loops.
   */
  public void observe(ExchangeLog exchanges, GovernorListener decisions) {
    for (Worker worker : workers) {
      onLoop(worker.loop, () -> done(() -> worker.observe(exchanges, decisions)));
    }
  }

  /** Goes through the exchanges under way, from now on. */
  public FlowCursor flows() {
    return new FlowCursor(workers);
  }

  /**
   * Cuts one exchange.
   *
   * @param id as its row has it
   * @return whether there was one; completed by a loop
   */
  public CompletableFuture<Boolean> cut(long id, Reason reason) {
    CompletableFuture<Boolean> result = new CompletableFuture<>();
    AtomicInteger left = new AtomicInteger(workers.size());
    for (Worker worker : workers) {
      worker.loop.execute(
          () -> {
            try {
              if (id > 0 && worker.cut(id, reason)) {
                result.complete(true);
              }
            } catch (Throwable t) {
              worker.loop.faults().record(t);
            }
            if (left.decrementAndGet() == 0) {
              result.complete(false);
            }
          });
    }
    return result;
  }

  /** Stops listening; connections without an exchange are closed, others end with theirs. */
  public synchronized void drain() {
    listeners.forEach(Listener::close);
    listeners.clear();
    for (Worker worker : workers) {
      onLoop(worker.loop, () -> done(worker::drain));
    }
  }

  /** Cuts the exchanges that are left. Returns how many. */
  public int cut() {
    int cut = 0;
    for (Worker worker : workers) {
      cut += onLoop(worker.loop, worker::cut);
    }
    return cut;
  }

  /** Drains, cuts what is left, and ends the loops. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      drain();
      cut();
    } finally {
      group.close();
    }
  }

  private static boolean done(Runnable work) {
    work.run();
    return true;
  }

  private interface Work<T> {
    T run();
  }

  private static <T> T onLoop(Loop loop, Work<T> work) {
    CompletableFuture<T> result = new CompletableFuture<>();
    loop.execute(
        () -> {
          try {
            result.complete(work.run());
          } catch (Throwable t) {
            result.completeExceptionally(t);
          }
        });
    try {
      return result.get(ANSWER_SECONDS_MAX, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new IllegalStateException("a loop failed in what it was asked", e.getCause());
    } catch (TimeoutException e) {
      throw new IllegalStateException("a loop did not do what it was asked in time", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while a loop was asked", e);
    }
  }

  private final class ConnectionAcceptor implements Acceptor {
    private final Map<Loop, Entry> entries;
    private final EntrySettings settings;
    private final boolean speaksHttp;

    ConnectionAcceptor(Map<Loop, Entry> entries, EntrySettings settings) {
      this.entries = entries;
      this.settings = settings;
      this.speaksHttp = entries.values().stream().allMatch(entry -> entry.service().speaksHttp());
    }

    @Override
    public int codecBytesMax() {
      return settings.codecBytesMax();
    }

    @Override
    public @Nullable Accepted accept(Loop loop) {
      Entry entry = entries.get(loop);
      if (entry == null) {
        throw new IllegalStateException("a connection on a loop of another server");
      }
      return worker(loop).open(entry);
    }

    @Override
    public Governor governor(Loop loop) {
      return worker(loop).governor;
    }

    private Worker worker(Loop loop) {
      for (Worker worker : workers) {
        if (worker.loop == loop) {
          return worker;
        }
      }
      throw new IllegalStateException("a connection on a loop of another server");
    }

    @Override
    public byte[] refusal() {
      return settings.speaksTls() ? TLS_REFUSAL : speaksHttp ? refusal : NOTHING;
    }

    @Override
    public int backlog() {
      return backlog;
    }
  }
}
