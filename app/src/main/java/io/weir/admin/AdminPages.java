package io.weir.admin;

import io.weir.metrics.MetricsPage;
import io.weir.relay.exchange.HttpServer;
import io.weir.relay.exchange.LocalHandler;
import io.weir.relay.exchange.LocalRequest;
import io.weir.relay.exchange.LocalResponse;
import io.weir.relay.http.Reason;
import io.weir.relay.http1.Method;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What the admin address answers, behind its {@link AdminGate}. Thread: its listener's loop. */
public final class AdminPages implements LocalHandler {
  private static final String TEXT = "text/plain; charset=us-ascii";
  static final String JSON = "application/json";
  private static final String FLOW = "/flows/";

  /** As a row has it: never beyond 18 digits. */
  private static final Pattern FLOW_ID = Pattern.compile("[1-9][0-9]{0,17}");

  /**
   * With every answer. Nothing is loaded from elsewhere, nothing inline runs, nobody frames it, and
   * no page of another site gets at it.
   */
  private static final String SAFETY =
      "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self';"
          + " img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none';"
          + " frame-ancestors 'none'\r\n"
          + "X-Content-Type-Options: nosniff\r\n"
          + "X-Frame-Options: DENY\r\n"
          + "Referrer-Policy: no-referrer\r\n"
          + "Cross-Origin-Opener-Policy: same-origin\r\n"
          + "Cross-Origin-Resource-Policy: same-origin\r\n";

  private static final LocalResponse OK = text(200, "ok\n");
  private static final LocalResponse NOT_YET = text(503, "starting\n").with("Retry-After: 1\r\n");
  private static final LocalResponse DRAINING = text(503, "draining\n");
  private static final LocalResponse NOT_FOUND =
      text(404, Reason.NOT_FOUND.sentence() + "\n")
          .with("Weir-Error: " + Reason.NOT_FOUND.word() + "\r\n");
  private static final LocalResponse READ_ONLY =
      text(405, "This is read with GET or HEAD; a flow is closed with DELETE /flows/ID.\n")
          .with("Allow: GET, HEAD\r\nWeir-Error: " + Reason.METHOD_NOT_ALLOWED.word() + "\r\n");
  private static final LocalResponse NO_WRITE =
      text(403, "closing flows is off: start Weir with --admin-write\n");
  private static final LocalResponse NO_FLOW = text(404, "there is no such flow\n");

  private final AdminAccess access;
  private final AdminGate gate;
  private final long memoryBytes;
  private final long startedMillis = System.currentTimeMillis();
  private final MemoryPage memory = new MemoryPage();
  private final MetricsPage metrics = new MetricsPage();
  private @Nullable LivePage live;
  private @Nullable FlowsPage flows;
  private volatile @Nullable HttpServer relay;
  private volatile boolean draining;

  /**
   * The pages.
   *
   * @param memoryBytes what this process may be charged for
   */
  public AdminPages(AdminAccess access, long memoryBytes) {
    this.access = access;
    this.gate = new AdminGate(access);
    this.memoryBytes = memoryBytes;
  }

  /** From now on the relay is ready and its exchanges are shown. Any thread. */
  public void show(HttpServer server) {
    relay = server;
  }

  /** From now on {@code /readyz} says no. Any thread. */
  public void drain() {
    draining = true;
  }

  @Override
  public CompletableFuture<LocalResponse> handle(LocalRequest request) {
    LocalResponse refusal = gate.refusal(request);
    if (refusal != null) {
      return now(refusal.with(SAFETY));
    }
    return answer(request).thenApply(response -> response.with(SAFETY));
  }

  private CompletableFuture<LocalResponse> answer(LocalRequest request) {
    String path = request.path();
    if (request.method() == Method.DELETE && path.startsWith(FLOW)) {
      return close(path.substring(FLOW.length()));
    }
    if (!request.reads()) {
      return now(READ_ONLY);
    }
    return switch (path) {
      case "/healthz" -> now(OK);
      case "/readyz" -> now(ready());
      case "/memory" -> memory.answer();
      case "/metrics" -> metrics(request);
      case "/flows", "/live", "/live/history" -> now(ofRelay(path, request));
      default -> {
        LocalResponse asset = PageAssets.find(path);
        yield now(asset == null ? NOT_FOUND : asset);
      }
    };
  }

  private static CompletableFuture<LocalResponse> now(LocalResponse response) {
    return CompletableFuture.completedFuture(response);
  }

  private CompletableFuture<LocalResponse> metrics(LocalRequest request) {
    HttpServer server = relay;
    if (server == null) {
      return now(NOT_YET);
    }
    return metrics.answer(
        server,
        memoryBytes,
        request.accept(),
        request.acceptEncoding(),
        memory.ledger(MetricsPage.LEDGER_FRESH_NANOS));
  }

  private LocalResponse ready() {
    if (draining) {
      return DRAINING;
    }
    return relay == null ? NOT_YET : OK;
  }

  private LocalResponse ofRelay(String path, LocalRequest request) {
    HttpServer server = relay;
    if (server == null) {
      return NOT_YET;
    }
    return switch (path) {
      case "/flows" -> flows(server).answer(request.query());
      case "/live" -> request.method() == Method.HEAD ? text(200, "") : live(server).watch();
      default -> live(server).history();
    };
  }

  private FlowsPage flows(HttpServer server) {
    FlowsPage page = flows;
    if (page == null) {
      page = new FlowsPage(server, memoryBytes, this::watchers);
      flows = page;
    }
    return page;
  }

  private LivePage live(HttpServer server) {
    LivePage page = live;
    if (page == null) {
      Frames frames = new Frames(memoryBytes, access.write(), startedMillis);
      page = new LivePage(server, frames, flows(server));
      live = page;
    }
    return page;
  }

  private int watchers() {
    LivePage page = live;
    return page == null ? 0 : page.watching();
  }

  private CompletableFuture<LocalResponse> close(String id) {
    HttpServer server = relay;
    if (!access.write()) {
      return now(NO_WRITE);
    }
    if (server == null) {
      return now(NOT_YET);
    }
    if (!FLOW_ID.matcher(id).matches()) {
      return now(NO_FLOW);
    }
    long number = Long.parseLong(id);
    return server
        .cut(number, Reason.ADMIN_CUT)
        .thenApply(
            found ->
                found
                    ? new LocalResponse(
                        200,
                        JSON,
                        ("{\"closed\":" + number + "}\n").getBytes(StandardCharsets.US_ASCII))
                    : NO_FLOW);
  }

  static LocalResponse text(int status, String body) {
    return new LocalResponse(status, TEXT, body.getBytes(StandardCharsets.US_ASCII));
  }
}
