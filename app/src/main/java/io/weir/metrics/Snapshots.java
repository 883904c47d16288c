package io.weir.metrics;

import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.Unit;
import io.weir.memory.ledger.Ledger;
import io.weir.memory.ledger.LedgerRow;
import io.weir.memory.ledger.Pulse;
import io.weir.relay.exchange.Leased;
import io.weir.relay.exchange.StatusClass;
import io.weir.relay.exchange.Timings;
import io.weir.relay.exchange.Totals;
import io.weir.relay.http.Reason;
import io.weir.relay.loop.Histogram;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A sample as metrics of the client's model. Names, labels and meanings: docs/metrics.md, which a
 * test holds equal to what is made here.
 *
 * <p>All series are there from the first scrape on, so that a rate sees the first event; none has a
 * label whose values others choose. Confined to one scrape.
 */
final class Snapshots {
  private static final double NANOS_PER_SECOND = 1e9;

  private final List<MetricSnapshot> all = new ArrayList<>();

  private Snapshots() {}

  static MetricSnapshots of(Sample sample) {
    Snapshots snapshots = new Snapshots();
    snapshots.process();
    snapshots.gauge(
        "weir_memory_bytes", "All that may be charged: --memory.", sample.memoryBytes());
    Pulse.Beat beat = sample.beat();
    if (beat != null) {
      snapshots.memory(beat);
    }
    Ledger ledger = sample.ledger();
    if (ledger != null) {
      snapshots.ledger(ledger);
    }
    snapshots.leases(sample.leased());
    snapshots.traffic(sample.totals(), sample.splicedBytes());
    snapshots.outcomes(sample);
    snapshots.timings(sample.timings());
    return new MetricSnapshots(snapshots.all);
  }

  private void process() {
    String version = Snapshots.class.getPackage().getImplementationVersion();
    all.add(
        InfoSnapshot.builder()
            .name("weir_build")
            .help("The program that answers.")
            .dataPoint(
                InfoSnapshot.InfoDataPointSnapshot.builder()
                    .labels(Labels.of("version", version == null ? "unpacked" : version))
                    .build())
            .build());
    ProcessHandle.Info info = ProcessHandle.current().info();
    double cpu = info.totalCpuDuration().map(Duration::toMillis).orElse(0L) / 1e3;
    all.add(
        CounterSnapshot.builder()
            .name("process_cpu_seconds")
            .help("CPU time of the process, user and system.")
            .unit(Unit.SECONDS)
            .dataPoint(CounterDataPointSnapshot.builder().value(cpu).build())
            .build());
    double start = info.startInstant().map(instant -> instant.toEpochMilli() / 1e3).orElse(0.0);
    gauge(
        "process_start_time_seconds",
        "When the process started, since the epoch.",
        Unit.SECONDS,
        List.of(point(start)));
  }

  private void memory(Pulse.Beat beat) {
    gauge(
        "weir_charge_bytes",
        "What a container's limit would count: resident set and kernel.",
        beat.chargeBytes());
    gauge("weir_resident_bytes", "Resident set.", beat.rssBytes());
    gauge(
        "weir_kernel_bytes",
        "Outside the resident set: socket buffers, page tables, kernel objects.",
        beat.kernelBytes());
    if (beat.liveBytes() >= 0) {
      gauge("weir_live_bytes", "What malloc has handed out.", beat.liveBytes());
    }
  }

  private void ledger(Ledger ledger) {
    List<GaugeDataPointSnapshot> rows = new ArrayList<>();
    for (LedgerRow.Kind kind : LedgerRow.Kind.values()) {
      if (kind != LedgerRow.Kind.V8_HEAP) {
        rows.add(
            GaugeDataPointSnapshot.builder()
                .labels(Labels.of("row", kind.words()))
                .value((double) ledger.bytes(kind))
                .build());
      }
    }
    gauge(
        "weir_ledger_bytes",
        "Where the memory is: the rows add up to the charge, some seconds old at most.",
        Unit.BYTES,
        rows);
  }

  private void leases(Leased leased) {
    gauge(
        "weir_budget_bytes",
        "What all flows may hold, in user space and in the kernel.",
        leased.budgetBytes());
    gauge("weir_leased_bytes", "What of the budget is leased.", leased.leasedBytes());
    gauge(
        "weir_leased_max_bytes",
        "The most that was leased at once since the start.",
        leased.leasedBytesMax());
    gauge(
        "weir_unproven_bytes",
        "What is leased by flows whose rate is not known yet.",
        leased.unprovenBytes());
    counter("weir_lease_growths", "Leases that have grown.", leased.growths());
    counter("weir_lease_shrinks", "Leases that were cut.", leased.shrinks());
    counter(
        "weir_scarce_looks",
        "Looks of a loop, four a second, at which not every flow could have what it wanted.",
        leased.scarceLooks());
    counter(
        "weir_stopped_sources",
        "Sources that were not read for a second, as their sink had no room.",
        leased.stoppedSources());
    counter("weir_lease_waits", "Requests that had to wait for their least lease.", leased.waits());
    counter(
        "weir_idle_closed", "Clients at rest that were closed for others.", leased.idleClosed());
  }

  private void traffic(Totals totals, long splicedBytes) {
    level("weir_open_connections", "Client connections.", totals.openConnections());
    level("weir_open_exchanges", "Exchanges under way.", totals.openExchanges());
    level("weir_open_flows", "Directions with a body that are under way.", totals.openFlows());
    counter("weir_connections", "Client connections accepted.", totals.connections());
    counter("weir_exchanges", "Requests whose head was understood.", totals.exchanges());
    bytes("weir_downloaded_bytes", "Bytes of bodies that clients took.", totals.downloadedBytes());
    bytes("weir_uploaded_bytes", "Bytes of bodies that origins took.", totals.uploadedBytes());
    bytes(
        "weir_spliced_bytes",
        "Bytes that passed through pipes, not through user space.",
        splicedBytes);
  }

  private void outcomes(Sample sample) {
    CounterSnapshot.Builder ended =
        CounterSnapshot.builder()
            .name("weir_exchanges_ended")
            .help("Exchanges that are over and heads that were refused, by the client's status.");
    for (StatusClass status : StatusClass.values()) {
      ended.dataPoint(
          CounterDataPointSnapshot.builder()
              .labels(Labels.of("status", status.word()))
              .value((double) sample.answered().getOrDefault(status, 0L))
              .build());
    }
    all.add(ended.build());
    CounterSnapshot.Builder failures =
        CounterSnapshot.builder()
            .name("weir_failures")
            .help("Exchanges that failed and what was refused, by reason: docs/errors.md.");
    for (Reason reason : Reason.values()) {
      failures.dataPoint(
          CounterDataPointSnapshot.builder()
              .labels(Labels.of("reason", reason.word()))
              .value((double) sample.totals().failures(reason))
              .build());
    }
    all.add(failures.build());
    counter("weir_faults", "Faults of the program itself; its log has them.", sample.faults());
  }

  private void timings(Timings timings) {
    histogram(
        "weir_first_byte_seconds",
        "From a request's head to the head of the origin's response.",
        List.of(histogramPoint(timings.firstByte(), Labels.EMPTY)));
    histogram(
        "weir_exchange_duration_seconds",
        "From a request's head to the end of the exchange, tunnels included.",
        List.of(histogramPoint(timings.duration(), Labels.EMPTY)));
    List<HistogramDataPointSnapshot> late = new ArrayList<>();
    List<GaugeDataPointSnapshot> silent = new ArrayList<>();
    for (int i = 0; i < timings.paces().size(); i++) {
      Timings.Pace pace = timings.paces().get(i);
      Labels labels = Labels.of("loop", Integer.toString(i));
      late.add(histogramPoint(pace.late(), labels));
      silent.add(
          GaugeDataPointSnapshot.builder()
              .labels(labels)
              .value(pace.silentNanos() / NANOS_PER_SECOND)
              .build());
    }
    histogram(
        "weir_loop_delay_seconds",
        "How late an event loop was at its sweep, four times a second.",
        late);
    gauge(
        "weir_loop_silence_seconds",
        "Since an event loop's last sweep: more than half a second is a loop that is stuck.",
        Unit.SECONDS,
        silent);
  }

  // --- The client's builders --------------------------------------------------------------------

  private static GaugeDataPointSnapshot point(double value) {
    return GaugeDataPointSnapshot.builder().value(value).build();
  }

  private void gauge(String name, String help, long bytes) {
    gauge(name, help, Unit.BYTES, List.of(point((double) bytes)));
  }

  private void level(String name, String help, long count) {
    all.add(GaugeSnapshot.builder().name(name).help(help).dataPoint(point((double) count)).build());
  }

  private void gauge(String name, String help, Unit unit, List<GaugeDataPointSnapshot> points) {
    GaugeSnapshot.Builder gauge = GaugeSnapshot.builder().name(name).help(help).unit(unit);
    points.forEach(gauge::dataPoint);
    all.add(gauge.build());
  }

  private void counter(String name, String help, long count) {
    all.add(
        CounterSnapshot.builder()
            .name(name)
            .help(help)
            .dataPoint(CounterDataPointSnapshot.builder().value((double) count).build())
            .build());
  }

  private void bytes(String name, String help, long bytes) {
    all.add(
        CounterSnapshot.builder()
            .name(name)
            .help(help)
            .unit(Unit.BYTES)
            .dataPoint(CounterDataPointSnapshot.builder().value((double) bytes).build())
            .build());
  }

  private void histogram(String name, String help, List<HistogramDataPointSnapshot> points) {
    HistogramSnapshot.Builder histogram =
        HistogramSnapshot.builder().name(name).help(help).unit(Unit.SECONDS);
    points.forEach(histogram::dataPoint);
    all.add(histogram.build());
  }

  private static HistogramDataPointSnapshot histogramPoint(
      Histogram.Reading reading, Labels labels) {
    long[] bounds = reading.boundsNanos();
    double[] seconds = new double[bounds.length + 1];
    for (int i = 0; i < bounds.length; i++) {
      seconds[i] = bounds[i] / NANOS_PER_SECOND;
    }
    seconds[bounds.length] = Double.POSITIVE_INFINITY;
    return HistogramDataPointSnapshot.builder()
        .classicHistogramBuckets(ClassicHistogramBuckets.of(seconds, reading.counts()))
        .sum(reading.sumNanos() / NANOS_PER_SECOND)
        .labels(labels)
        .build();
  }
}
