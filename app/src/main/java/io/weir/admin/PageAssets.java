package io.weir.admin;

import io.weir.relay.exchange.LocalResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/**
 * The files of the live page, as they are in the jar. Nothing of them is kept: they are read at
 * each visit, which is seldom.
 */
final class PageAssets {
  private static final String FOLDER = "page/";

  private PageAssets() {}

  /** The file under this path, or null if there is none. */
  static @Nullable LocalResponse find(String path) {
    return switch (path) {
      case "/" -> file("index.html", "text/html; charset=utf-8");
      case "/page.css" -> file("page.css", "text/css; charset=utf-8");
      case "/icon.svg" -> file("icon.svg", "image/svg+xml");
      case "/uplot.css" -> file("uplot/uPlot.min.css", "text/css; charset=utf-8");
      case "/uplot.js" -> script("uplot/uPlot.iife.min.js");
      case "/page.js" -> script("page.js");
      case "/chart.js" -> script("chart.js");
      case "/flows.js" -> script("flows.js");
      case "/live.js" -> script("live.js");
      case "/figures.js" -> script("figures.js");
      default -> null;
    };
  }

  private static LocalResponse script(String name) {
    return file(name, "text/javascript; charset=utf-8");
  }

  private static LocalResponse file(String name, String contentType) {
    try (InputStream in = PageAssets.class.getResourceAsStream(FOLDER + name)) {
      if (in == null) {
        throw new IllegalStateException("the program lacks its own file " + FOLDER + name);
      }
      return new LocalResponse(200, contentType, in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + FOLDER + name, e);
    }
  }
}
