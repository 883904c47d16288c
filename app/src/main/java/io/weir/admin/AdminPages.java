package io.weir.admin;

import io.weir.metrics.MetricsPage;
import io.weir.relay.exchange.HttpServer;
import io.weir.relay.exchange.LocalHandler;
import io.weir.relay.exchange.LocalResponse;
import io.weir.relay.http1.KnownField;
import io.weir.relay.http1.RequestHead;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What the admin address answers. Thread: the admin listener's loop, which may therefore ask the
 * relay's loops and wait for them.
 */
public final class AdminPages implements LocalHandler {
  private static final String TEXT = "text/plain; charset=us-ascii";
  static final String JSON = "application/json";
  private static final LocalResponse INDEX =
      text(
          200,
          """
          Weir
          /flows     exchanges under way and totals, JSON
          /memory    where this process' memory is, JSON
          /metrics   all that is counted, for Prometheus
          /healthz   200 as long as the process serves
          /readyz    200, or 503 while it drains
          """);
  private static final LocalResponse OK = text(200, "ok\n");
  private static final LocalResponse NOT_YET = text(503, "starting\n");
  private static final LocalResponse DRAINING = text(503, "draining\n");
  private static final LocalResponse NO_ANSWER =
      text(503, "the relay did not answer in time; its log says why\n");

  private final MemoryPage memory = new MemoryPage();
  private final MetricsPage metrics = new MetricsPage();
  private final long memoryBytes;
  private volatile @Nullable HttpServer relay;
  private volatile boolean draining;

  /** Pages of a relay that may be charged for {@code memoryBytes}. */
  public AdminPages(long memoryBytes) {
    this.memoryBytes = memoryBytes;
  }

  /** From now on the relay is ready and {@code /flows} shows its exchanges. Any thread. */
  public void show(HttpServer server) {
    relay = server;
  }

  /** From now on {@code /readyz} says no. Any thread. */
  public void drain() {
    draining = true;
  }

  @Override
  public @Nullable CompletableFuture<LocalResponse> handle(RequestHead head) {
    String target = head.target();
    int query = target.indexOf('?');
    return switch (query < 0 ? target : target.substring(0, query)) {
      case "/" -> now(INDEX);
      case "/healthz" -> now(OK);
      case "/readyz" -> now(ready());
      case "/flows" -> now(flows());
      case "/memory" -> memory.answer();
      case "/metrics" -> metrics(head);
      default -> null;
    };
  }

  private static CompletableFuture<LocalResponse> now(LocalResponse response) {
    return CompletableFuture.completedFuture(response);
  }

  private CompletableFuture<LocalResponse> metrics(RequestHead head) {
    HttpServer server = relay;
    if (server == null) {
      return now(NOT_YET);
    }
    return metrics.answer(
        server,
        memoryBytes,
        head.value(KnownField.ACCEPT),
        head.value(KnownField.ACCEPT_ENCODING),
        memory.ledger(MetricsPage.LEDGER_FRESH_NANOS));
  }

  private LocalResponse ready() {
    if (draining) {
      return DRAINING;
    }
    return relay == null ? NOT_YET : OK;
  }

  private LocalResponse flows() {
    HttpServer server = relay;
    if (server == null) {
      return NOT_YET;
    }
    try {
      return new LocalResponse(
          200,
          JSON,
          FlowsPage.json(
              server.flows(FlowsPage.ROWS_MAX), server.totals(), server.leased(), memoryBytes));
    } catch (IllegalStateException e) {
      return NO_ANSWER;
    }
  }

  static LocalResponse text(int status, String body) {
    return new LocalResponse(status, TEXT, body.getBytes(StandardCharsets.US_ASCII));
  }
}
