package io.weir.lab;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/**
 * Main class of a relay as one writes it in an afternoon, with each chunk in a block of malloc's.
 * It ends with its standard input.
 *
 * <pre>
 *   arguments: unpiped | piped   ORIGIN_PORT   CHUNK_BYTES     out: port PORT
 *   in: stats    out: stats ALLOCATED FREED KEPT
 *   in: gc       out: gc COLLECTIONS
 *   in: trim     out: ok
 * </pre>
 */
public final class RelayChild {
  private static final int BACKLOG = 4096;

  private RelayChild() {}

  /** Runs until standard input ends. */
  public static void main(String[] args) throws IOException {
    boolean piped = args[0].equals("piped");
    InetAddress loopback = InetAddress.getLoopbackAddress();
    InetSocketAddress origin = new InetSocketAddress(loopback, Integer.parseInt(args[1]));
    RelayLink.Chunks chunks = new RelayLink.Chunks(Integer.parseInt(args[2]));
    Selector selector = Selector.open();
    ServerSocketChannel server = ServerSocketChannel.open();
    server.bind(new InetSocketAddress(loopback, 0), BACKLOG);
    server.configureBlocking(false);
    server.register(selector, SelectionKey.OP_ACCEPT);
    Thread thread = new Thread(() -> run(selector, server, origin, chunks, piped), "relay");
    thread.setDaemon(true);
    thread.start();
    say("port " + ((InetSocketAddress) server.getLocalAddress()).getPort());
    BufferedReader commands =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    String line = commands.readLine();
    while (line != null) {
      say(answer(line, chunks));
      line = commands.readLine();
    }
    System.exit(0);
  }

  private static void say(String line) {
    System.out.println(line);
    System.out.flush();
  }

  private static String answer(String line, RelayLink.Chunks chunks) {
    return switch (line) {
      case "stats" -> "stats " + chunks.allocated() + " " + chunks.freed() + " " + chunks.entries();
      case "gc" -> {
        long before = collections();
        System.gc();
        yield "gc " + (collections() - before);
      }
      case "trim" -> {
        NativeMalloc.trim();
        yield "ok";
      }
      default -> "error not known: " + line;
    };
  }

  private static long collections() {
    return ManagementFactory.getGarbageCollectorMXBeans().stream()
        .mapToLong(GarbageCollectorMXBean::getCollectionCount)
        .sum();
  }

  private static void run(
      Selector selector,
      ServerSocketChannel server,
      InetSocketAddress origin,
      RelayLink.Chunks chunks,
      boolean piped) {
    try {
      while (selector.isOpen()) {
        selector.select(
            key -> {
              if (key.isAcceptable()) {
                accept(server, selector, origin, chunks, piped);
              } else {
                ((RelayLink) key.attachment()).ready(key);
              }
            });
      }
    } catch (IOException e) {
      say("error " + e.getMessage());
    }
  }

  private static void accept(
      ServerSocketChannel server,
      Selector selector,
      InetSocketAddress origin,
      RelayLink.Chunks chunks,
      boolean piped) {
    try {
      SocketChannel client = server.accept();
      while (client != null) {
        RelayLink.open(client, selector, origin, chunks, piped);
        client = server.accept();
      }
    } catch (IOException e) {
      say("error " + e.getMessage());
    }
  }
}
