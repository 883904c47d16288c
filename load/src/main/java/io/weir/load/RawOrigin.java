package io.weir.load;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;

/**
 * An origin of which a test says every byte: for each connection a script runs on a virtual thread
 * of its own, with blocking sockets, and the connection is closed when the script returns.
 *
 * <pre>{@code
 * try (RawOrigin origin = RawOrigin.start(connection -> {
 *   connection.readHead();
 *   connection.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab");
 *   connection.reset();
 * })) { ... }
 * }</pre>
 *
 * <p>Its methods can be called from any thread.
 */
public final class RawOrigin implements AutoCloseable {
  private static final long JOIN_MILLIS = 5_000;

  /** What an origin does with one connection. */
  @FunctionalInterface
  public interface Script {
    /**
     * Runs once for each connection, on that connection's thread.
     *
     * @param connection closed by the origin when this returns; {@link RawConnection#index} tells
     *     the first from the second
     * @throws Exception kept for {@link RawOrigin#failures}
     */
    void serve(RawConnection connection) throws Exception;
  }

  private final ServerSocket listener;
  private final Script script;
  private final List<RawConnection> open = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final List<String> heads = new ArrayList<>();
  private final List<Exception> failures = new ArrayList<>();
  private int accepted;
  private boolean closed;

  private RawOrigin(ServerSocket listener, Script script) {
    this.listener = listener;
    this.script = script;
  }

  /** Starts an origin on a free port of the loopback address, with the kernel's buffer sizes. */
  public static RawOrigin start(Script script) throws IOException {
    return start(script, 0);
  }

  /**
   * Starts an origin on a free port of the loopback address.
   *
   * @param receiveBufferBytes SO_RCVBUF of its connections, or 0 for the kernel's choice
   */
  public static RawOrigin start(Script script, int receiveBufferBytes) throws IOException {
    ServerSocket listener = new ServerSocket();
    try {
      if (receiveBufferBytes > 0) {
        listener.setReceiveBufferSize(receiveBufferBytes);
      }
      listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1024);
    } catch (IOException e) {
      listener.close();
      throw e;
    }
    RawOrigin origin = new RawOrigin(listener, script);
    origin.startThread("raw-origin-accept", origin::acceptAll);
    return origin;
  }

  /** Returns the port that this origin listens on. */
  public int port() {
    return listener.getLocalPort();
  }

  /** Returns all heads that scripts have read so far, in the order in which they were complete. */
  public List<String> heads() {
    synchronized (open) {
      return List.copyOf(heads);
    }
  }

  /** Returns how many connections were accepted so far. */
  public int accepted() {
    synchronized (open) {
      return accepted;
    }
  }

  /** Returns how many connections a script still serves. */
  public int openNow() {
    synchronized (open) {
      return open.size();
    }
  }

  /** Returns what scripts threw while the origin was open. */
  public List<Exception> failures() {
    synchronized (open) {
      return List.copyOf(failures);
    }
  }

  /**
   * Waits until this many heads have been read.
   *
   * @return the heads
   * @throws TimeoutException after {@link RawClient#TIME_LIMIT_MILLIS}
   */
  public List<String> awaitHeads(int count) throws InterruptedException, TimeoutException {
    long deadline = System.nanoTime() + RawClient.TIME_LIMIT_MILLIS * 1_000_000;
    synchronized (open) {
      while (heads.size() < count) {
        waitUntil(deadline, "only " + heads.size() + " of " + count + " heads came");
      }
      return List.copyOf(heads);
    }
  }

  /**
   * Waits until no script serves a connection.
   *
   * @throws TimeoutException after {@link RawClient#TIME_LIMIT_MILLIS}
   */
  public void awaitIdle() throws InterruptedException, TimeoutException {
    long deadline = System.nanoTime() + RawClient.TIME_LIMIT_MILLIS * 1_000_000;
    synchronized (open) {
      while (!open.isEmpty()) {
        waitUntil(deadline, open.size() + " connections are still open");
      }
    }
  }

  private void waitUntil(long deadlineNanos, String what)
      throws InterruptedException, TimeoutException {
    long leftMillis = (deadlineNanos - System.nanoTime()) / 1_000_000;
    if (leftMillis <= 0) {
      throw new TimeoutException(what + " within " + RawClient.TIME_LIMIT_MILLIS + " ms");
    }
    open.wait(leftMillis);
  }

  private void acceptAll() {
    while (true) {
      Socket socket;
      try {
        socket = listener.accept();
      } catch (IOException e) {
        return; // closed
      }
      try {
        admit(socket);
      } catch (IOException e) {
        failed(e);
      }
    }
  }

  private void admit(Socket socket) throws IOException {
    RawConnection connection;
    synchronized (open) {
      if (closed) {
        socket.close();
        return;
      }
      connection = new RawConnection(socket, accepted, RawClient.TIME_LIMIT_MILLIS, this::headRead);
      accepted++;
      open.add(connection);
      open.notifyAll();
      startThread("raw-origin-" + connection.index(), () -> serve(connection));
    }
  }

  private void serve(RawConnection connection) {
    try (connection) {
      script.serve(connection);
    } catch (Exception e) {
      failed(e);
    }
    synchronized (open) {
      open.remove(connection);
      open.notifyAll();
    }
  }

  private void headRead(String head) {
    synchronized (open) {
      heads.add(head);
      open.notifyAll();
    }
  }

  private void failed(Exception e) {
    synchronized (open) {
      if (!closed) {
        failures.add(e);
      }
    }
  }

  private void startThread(String name, Runnable body) {
    synchronized (open) {
      threads.removeIf(thread -> !thread.isAlive());
      threads.add(Thread.ofVirtual().name(name).start(body));
    }
  }

  /** Closes the port and all connections, and waits until the scripts have ended. */
  @Override
  public void close() throws IOException {
    List<RawConnection> connections;
    List<Thread> running;
    synchronized (open) {
      closed = true;
      connections = List.copyOf(open);
      running = List.copyOf(threads);
    }
    listener.close();
    for (RawConnection connection : connections) {
      connection.close();
    }
    try {
      for (Thread thread : running) {
        thread.interrupt();
        thread.join(JOIN_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
