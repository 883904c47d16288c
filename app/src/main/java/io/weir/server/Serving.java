package io.weir.server;

import io.weir.admin.AdminPages;
import io.weir.flight.FlightSwitch;
import io.weir.relay.exchange.EntrySettings;
import io.weir.relay.exchange.HttpServer;
import io.weir.relay.exchange.MemorySettings;
import io.weir.relay.exchange.ServerSettings;
import io.weir.relay.exchange.Timeouts;
import io.weir.relay.exchange.Totals;
import io.weir.relay.forward.Users;
import io.weir.relay.http1.HeadLimits;
import io.weir.relay.loop.Faults;
import io.weir.relay.tls.ServerTls;
import io.weir.relay.tls.TlsFileException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A relay that serves: the admin listener first, then the relay's own; both on loops of their own.
 *
 * <pre>
 *   start() --> drain(), once, ends what runs or cuts it --> close()
 * </pre>
 *
 * Any thread.
 */
public final class Serving implements AutoCloseable {
  /** The admin pages' own, beside the plan: it is part of what the program takes. */
  private static final MemorySettings ADMIN_MEMORY = new MemorySettings(3 << 20, 64, 64);

  private static final long DRAIN_LOOK_MILLIS = 20;
  private static final System.Logger LOG = System.getLogger("io.weir");

  private final AdminPages pages;
  private final Faults faults = new Faults();
  private final List<InetSocketAddress> addresses = new ArrayList<>();
  private final EntrySettings main;
  private final HttpServer relay;
  private final FlightSwitch flight;
  private final @Nullable ServerTls tls;
  private final @Nullable AccessLog accessLog;
  private final @Nullable Users users;
  private @Nullable HttpServer admin;
  private @Nullable InetSocketAddress adminAddress;
  private final AtomicBoolean closed = new AtomicBoolean();

  private Serving(ServeSettings settings) throws StartException {
    AccessLogTarget target = settings.accessLog();
    accessLog = target == null ? null : AccessLog.open(target);
    tls = tls(settings.tls());
    pages = new AdminPages(settings.access(), settings.plan().memoryBytes());
    main = settings.main(tls);
    relay = HttpServer.serving(settings.server().withLog(accessLog), main, faults);
    users = settings.forward() == null ? null : settings.forward().users();
    flight = new FlightSwitch(relay);
    flight.look(); // before the first exchange
  }

  /**
   * Starts to serve.
   *
   * @throws StartException if an address or the log's file cannot be had; nothing is left open
   */
  public static Serving start(ServeSettings settings) throws StartException {
    Serving serving = new Serving(settings);
    try {
      ListenAddress admin = settings.admin();
      if (admin != null) {
        serving.startAdmin(admin, settings.server());
      }
      for (ListenAddress address : settings.listen()) {
        serving.addresses.addAll(listen(serving.relay, address, serving.main));
      }
      for (ListenAddress address : settings.plainListen()) {
        serving.addresses.addAll(listen(serving.relay, address, serving.main.within(null)));
      }
      for (TunnelAddress tunnel : settings.tunnels()) {
        EntrySettings entry = settings.entry(tunnel);
        serving.addresses.addAll(listen(serving.relay, tunnel.address(), entry));
      }
      serving.pages.show(serving.relay);
      return serving;
    } catch (StartException | RuntimeException e) {
      serving.close();
      throw e;
    }
  }

  private void startAdmin(ListenAddress address, ServerSettings like) throws StartException {
    ServerSettings settings =
        new ServerSettings(
                "admin", 1, like.allowRaw(), HeadLimits.DEFAULT, Timeouts.DEFAULT, false, null)
            .withMemory(ADMIN_MEMORY);
    EntrySettings entry = EntrySettings.local(pages);
    HttpServer server = HttpServer.serving(settings, entry, faults);
    admin = server;
    adminAddress = listen(server, address, entry).getFirst();
  }

  private static @Nullable ServerTls tls(ServerTls.@Nullable Settings settings)
      throws StartException {
    try {
      return settings == null ? null : new ServerTls(settings);
    } catch (TlsFileException e) {
      throw new StartException(String.valueOf(e.getMessage()), e);
    }
  }

  /** A name may have addresses that this machine lacks, such as ::1: one that works will do. */
  private static List<InetSocketAddress> listen(
      HttpServer server, ListenAddress address, EntrySettings entry) throws StartException {
    ArrayList<InetSocketAddress> bound = new ArrayList<>();
    StartException failure = null;
    for (InetSocketAddress socket : address.sockets()) {
      try {
        bound.add(server.listen(socket, entry));
      } catch (IOException e) {
        failure =
            new StartException(
                "cannot listen on " + ListenAddress.text(socket) + ": " + e.getMessage(), e);
        LOG.log(System.Logger.Level.DEBUG, failure.getMessage());
      }
    }
    if (failure != null && (bound.isEmpty() || isInUse(failure))) {
      throw failure;
    }
    return bound;
  }

  private static boolean isInUse(StartException failure) {
    String message = failure.getMessage();
    return message != null && message.endsWith("in use");
  }

  /** Where the relay listens, with the ports that the system chose. */
  public List<InetSocketAddress> addresses() {
    return addresses;
  }

  /** Where the admin pages are, or null. */
  public @Nullable InetSocketAddress adminAddress() {
    return adminAddress;
  }

  /** Counts since the start. */
  public Totals totals() {
    return relay.totals();
  }

  /**
   * Has exchanges written into a recording of JDK Flight Recorder, if one runs by now. For once a
   * second, from one thread.
   */
  public void lookForRecording() {
    flight.look();
  }

  /**
   * Opens the access log's file anew, after another program has moved it away, and reads the users
   * and the certificates anew; where a file is wrong, all stays as it was, and the log says so.
   */
  public void reload() {
    if (accessLog != null) {
      accessLog.reopen();
    }
    reloadUsers(users);
    reloadCertificates(tls);
  }

  private static void reloadUsers(@Nullable Users with) {
    if (with == null) {
      return;
    }
    try {
      with.reload();
      LOG.log(System.Logger.Level.INFO, "--users: read anew");
    } catch (IOException e) {
      LOG.log(System.Logger.Level.WARNING, "--users: nothing changes: {0}", e.getMessage());
    }
  }

  private static void reloadCertificates(@Nullable ServerTls with) {
    if (with == null) {
      return;
    }
    try {
      with.reload();
      LOG.log(System.Logger.Level.INFO, "certificates and keys were read anew");
    } catch (TlsFileException | RuntimeException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "certificates and keys stay as they were: {0}",
          e.getMessage());
    }
  }

  /**
   * Accepts no more, waits until what runs has ended, and cuts what has not.
   *
   * @param limitMillis how long it waits at most
   * @return how many exchanges were cut
   */
  public int drain(long limitMillis) throws InterruptedException {
    pages.drain();
    relay.drain();
    long deadlineNanos = System.nanoTime() + limitMillis * 1_000_000;
    while (relay.totals().openExchanges() > 0 && System.nanoTime() - deadlineNanos < 0) {
      Thread.sleep(DRAIN_LOOK_MILLIS);
    }
    return relay.cut();
  }

  /** Ends all loops, cutting what is left, and writes the rest of the access log. */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    relay.close();
    if (tls != null) {
      tls.close();
    }
    if (admin != null) {
      admin.close();
    }
    if (users != null) {
      users.close();
    }
    if (accessLog != null) {
      accessLog.close();
    }
    faults.logRepeated();
  }
}
