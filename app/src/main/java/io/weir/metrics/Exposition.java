package io.weir.metrics;

import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.OpenMetricsTextFormatWriter;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.weir.relay.exchange.LocalResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Locale;
import java.util.zip.GZIPOutputStream;

/**
 * Writes what was sampled in the format that is asked for: OpenMetrics where Accept names it, else
 * the text format of Prometheus; compressed where gzip is accepted. Confined to one thread.
 */
final class Exposition {
  private static final int BYTES_TYPICAL = 24 * 1024;

  private final ExpositionFormatWriter openMetrics = OpenMetricsTextFormatWriter.create();
  private final ExpositionFormatWriter text = PrometheusTextFormatWriter.create();

  LocalResponse answer(Sample sample, String accept, String acceptEncoding) throws IOException {
    boolean open = openMetrics.accepts(accept);
    ExpositionFormatWriter writer = open ? openMetrics : text;
    boolean gzip = acceptsGzip(acceptEncoding);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(BYTES_TYPICAL);
    try (OutputStream out = gzip ? new GZIPOutputStream(bytes) : bytes) {
      // The names are plain; the scheme matters to those that are not.
      writer.write(out, Snapshots.of(sample), EscapingScheme.UNDERSCORE_ESCAPING);
    }
    LocalResponse answer =
        new LocalResponse(200, writer.getContentType(), bytes.toByteArray())
            .with("Vary: Accept, Accept-Encoding\r\n");
    return gzip ? answer.with("Content-Encoding: gzip\r\n") : answer;
  }

  /** RFC 9110, 12.5.3; a weight of 0 refuses. */
  static boolean acceptsGzip(String acceptEncoding) {
    for (String element : acceptEncoding.toLowerCase(Locale.ROOT).split(",", -1)) {
      String[] parts = element.strip().split("\\s*;\\s*", -1);
      if (parts[0].equals("gzip") || parts[0].equals("x-gzip")) {
        return parts.length < 2 || !parts[1].matches("q\\s*=\\s*0(\\.0*)?");
      }
    }
    return false;
  }
}
