package io.weir.cli;

import io.weir.load.Load;
import io.weir.load.Origin;
import io.weir.server.ConsoleLog;
import io.weir.server.ServeCommand;
import io.weir.server.ServeSettings;
import io.weir.server.StartException;
import io.weir.server.SystemLimits;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/**
 * {@code weir train}: the build's training run. It does what {@code serve} does on its plain path,
 * so that the classes which that takes are in the AOT cache, and nothing else: neither TLS nor DNS,
 * whose classes would be mapped by everybody who does without them.
 */
final class Train {
  /** The origin's paths; a body small, large, chunked, until close, and answers without one. */
  private static final String[] REQUESTS = {
    "GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "GET /hello HTTP/1.0\r\n\r\n",
    "HEAD /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "GET /bytes/32m HTTP/1.1\r\nHost: x\r\nUser-Agent: t\r\nConnection: close\r\n\r\n",
    "GET /chunked/4m HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "GET /chunked/1m HTTP/1.0\r\n\r\n",
    "GET /close/1m HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "GET /status/304 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "POST /up HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
    "POST /up HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        + "5\r\nhello\r\n0\r\n\r\n",
    "GET /hello HTTP/1.1\r\nHost: x\r\n\r\nGET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "GET /hello HTTP/1.1\r\n\r\n",
    "TRACE / HTTP/1.1\r\nHost: x\r\n\r\n",
  };

  private static final String[] ADMIN_REQUESTS = {
    "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
    "GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
    "GET /flows HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
    "GET /memory HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
    "GET /nothing HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
  };

  private static final int ROUNDS = 20;

  private Train() {}

  static int run() throws UsageException, StartException, InterruptedException {
    return run(ROUNDS);
  }

  /** Asks every question {@code rounds} times. */
  static int run(int rounds) throws UsageException, StartException, InterruptedException {
    PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream());
    InetSocketAddress free = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    try (Origin origin = Origin.start(free, Load.SEED)) {
      ConsoleLog.install(nowhere);
      String url = "http://127.0.0.1:" + origin.port();
      // Memory enough for any heap: a build may run in another one than the program.
      String line = "serve --memory 1t --listen 127.0.0.1:0 --admin 127.0.0.1:0 --to " + url;
      Given given = ServeOptions.all().read(line.split(" ", -1));
      ServeSettings settings = ServeOptions.read(given, SystemLimits.here());
      return ServeCommand.rehearse(settings, nowhere, (relay, admin) -> ask(rounds, relay, admin));
    } catch (IOException e) {
      throw new StartException("the training run failed: " + e.getMessage(), e);
    }
  }

  private static void ask(int rounds, InetSocketAddress relay, InetSocketAddress admin)
      throws IOException {
    for (int round = 0; round < rounds; round++) {
      for (String request : REQUESTS) {
        boolean large = request.contains("m HTTP");
        if (round == 0 || !large) {
          exchange(relay, request);
        }
      }
      for (String request : ADMIN_REQUESTS) {
        exchange(admin, request);
      }
    }
  }

  /** Sends a request and reads until the connection ends. */
  private static void exchange(InetSocketAddress to, String request) throws IOException {
    try (SocketChannel channel = SocketChannel.open(to)) {
      ByteBuffer head = ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII));
      while (head.hasRemaining()) {
        channel.write(head);
      }
      ByteBuffer body = ByteBuffer.allocateDirect(64 * 1024);
      long bytes = 0;
      int read = channel.read(body);
      while (read >= 0) {
        bytes += read;
        body.clear();
        read = channel.read(body);
      }
      if (bytes == 0) {
        throw new IOException("no answer to: " + request.substring(0, request.indexOf('\r')));
      }
    }
  }
}
