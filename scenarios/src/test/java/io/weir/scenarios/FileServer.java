package io.weir.scenarios;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A small server for other people's clients: the files of a folder, and git. */
final class FileServer implements AutoCloseable {
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final AtomicInteger requests = new AtomicInteger();

  private FileServer(HttpServer server) {
    this.server = server;
    server.setExecutor(threads);
  }

  /** Answers one request. */
  private interface Answer {
    void to(HttpExchange exchange) throws IOException, InterruptedException;
  }

  private static FileServer start(Answer answer) throws IOException {
    InetSocketAddress free = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    FileServer made = new FileServer(HttpServer.create(free, 100));
    made.server.createContext(
        "/",
        exchange -> {
          made.requests.incrementAndGet();
          try (exchange) {
            answer.to(exchange);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    made.server.start();
    return made;
  }

  /** Serves the files of a folder. */
  static FileServer of(Path folder) throws IOException {
    return start(
        exchange -> {
          Path file = folder.resolve(exchange.getRequestURI().getPath().substring(1)).normalize();
          boolean found = file.startsWith(folder) && Files.isRegularFile(file);
          boolean head = exchange.getRequestMethod().equals("HEAD");
          exchange.sendResponseHeaders(found ? 200 : 404, found && !head ? Files.size(file) : -1);
          if (found && !head) {
            Files.copy(file, exchange.getResponseBody());
          }
        });
  }

  /** Serves the repositories below a folder, by git's own program (git-http-backend(1)). */
  static FileServer ofGit(Path folder) throws IOException {
    return start(exchange -> git(folder, exchange));
  }

  private static void git(Path folder, HttpExchange exchange)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder("git", "http-backend");
    Map<String, String> environment = builder.environment();
    environment.put("GIT_PROJECT_ROOT", folder.toString());
    environment.put("GIT_HTTP_EXPORT_ALL", "1");
    environment.put("REMOTE_USER", "somebody"); // lets it push
    environment.put("REQUEST_METHOD", exchange.getRequestMethod());
    environment.put("PATH_INFO", exchange.getRequestURI().getPath());
    environment.put("QUERY_STRING", orEmpty(exchange.getRequestURI().getRawQuery()));
    environment.put("CONTENT_TYPE", orEmpty(exchange.getRequestHeaders().getFirst("Content-Type")));
    environment.put(
        "HTTP_CONTENT_ENCODING",
        orEmpty(exchange.getRequestHeaders().getFirst("Content-Encoding")));
    environment.put("GIT_PROTOCOL", orEmpty(exchange.getRequestHeaders().getFirst("Git-Protocol")));
    Process git = builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
    Thread sender =
        Thread.ofVirtual()
            .start(
                () -> {
                  try (OutputStream in = git.getOutputStream()) {
                    exchange.getRequestBody().transferTo(in);
                  } catch (IOException e) {
                    // It has heard enough.
                  }
                });
    try (InputStream out = git.getInputStream()) {
      int status = fields(out, exchange);
      exchange.sendResponseHeaders(status, 0);
      out.transferTo(exchange.getResponseBody());
    } finally {
      git.destroyForcibly();
      sender.join();
    }
  }

  /** Passes on the fields of its answer (RFC 3875, 6); returns the status. */
  private static int fields(InputStream out, HttpExchange exchange) throws IOException {
    int status = 200;
    StringBuilder line = new StringBuilder();
    for (int c = out.read(); c >= 0; c = out.read()) {
      if (c != '\n') {
        line.append((char) c);
        continue;
      }
      String field = line.toString().strip();
      line.setLength(0);
      int colon = field.indexOf(':');
      if (colon < 0) {
        return status;
      }
      String value = field.substring(colon + 1).strip();
      if (field.startsWith("Status:")) {
        status = Integer.parseInt(value.substring(0, 3));
      } else {
        exchange.getResponseHeaders().add(field.substring(0, colon), value);
      }
    }
    return status;
  }

  private static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }

  int port() {
    return server.getAddress().getPort();
  }

  String url(String path) {
    return "http://127.0.0.1:" + port() + path;
  }

  int requests() {
    return requests.get();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
