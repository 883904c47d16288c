package io.weir.scenarios;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.logging.Level;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/** A Chromium without a window, of those that are installed; tests are skipped without one. */
final class Browser implements AutoCloseable {
  private static final List<String> CHROMIUM =
      List.of("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome");
  private static final List<String> DRIVER =
      List.of("/usr/bin/chromedriver", "/usr/lib/chromium-browser/chromedriver");
  private static final long WAIT_SECONDS_MAX = 40;
  private static final long LOOK_MILLIS = 50;

  private final ChromeDriver driver;
  private final Path profile;

  private Browser(ChromeDriver driver, Path profile) {
    this.driver = driver;
    this.profile = profile;
  }

  /** Opens one, with more of its options. */
  static Browser open(String... more) throws IOException {
    String chromium = installed(CHROMIUM);
    String chromedriver = installed(DRIVER);
    assumeTrue(
        chromium != null && chromedriver != null,
        "skipped: no Chromium with its driver is installed (Debian: chromium, chromium-driver)");
    Path profile = Files.createTempDirectory("weir-browser");
    ChromeOptions options = new ChromeOptions();
    options.setBinary(Objects.requireNonNull(chromium));
    options.addArguments(
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--user-data-dir=" + profile);
    options.addArguments(more);
    LoggingPreferences logs = new LoggingPreferences();
    logs.enable(LogType.BROWSER, Level.ALL);
    options.setCapability("goog:loggingPrefs", logs);
    ChromeDriverService service =
        new ChromeDriverService.Builder()
            .usingDriverExecutable(Path.of(Objects.requireNonNull(chromedriver)).toFile())
            .usingAnyFreePort()
            .build();
    ChromeDriver driver = new ChromeDriver(service, options);
    driver.manage().timeouts().pageLoadTimeout(Duration.ofSeconds(WAIT_SECONDS_MAX));
    return new Browser(driver, profile);
  }

  private static @Nullable String installed(List<String> places) {
    return places.stream()
        .filter(place -> Files.isExecutable(Path.of(place)))
        .findFirst()
        .orElse(null);
  }

  void show(String url) {
    driver.get(url);
  }

  void look(int width, int height, String scheme) {
    driver.manage().window().setSize(new Dimension(width, height));
    Map<String, Object> metrics =
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 500);
    driver.executeCdpCommand("Emulation.setDeviceMetricsOverride", metrics);
    Map<String, String> feature = Map.of("name", "prefers-color-scheme", "value", scheme);
    driver.executeCdpCommand("Emulation.setEmulatedMedia", Map.of("features", List.of(feature)));
  }

  /** What an expression of the page is, as text. */
  String text(String expression) {
    return String.valueOf(driver.executeScript("return " + expression));
  }

  long number(String expression) {
    return Long.parseLong(text("Math.round(" + expression + ")"));
  }

  void run(String script) {
    driver.executeScript(script);
  }

  /** Waits until an expression of the page is true. */
  void await(String expression) throws InterruptedException {
    long deadlineNanos = System.nanoTime() + Duration.ofSeconds(WAIT_SECONDS_MAX).toNanos();
    while (!text("Boolean(" + expression + ")").equals("true")) {
      if (System.nanoTime() - deadlineNanos > 0) {
        throw new AssertionError(
            "never: " + expression + "\n" + text("document.body.innerText") + console());
      }
      Thread.sleep(LOOK_MILLIS);
    }
  }

  /** What stands in the console as an error or a warning. */
  List<String> console() {
    return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
        .filter(entry -> entry.getLevel().intValue() >= Level.WARNING.intValue())
        .map(LogEntry::getMessage)
        .toList();
  }

  /** Writes a picture into the build's folder. */
  void picture(String name) throws IOException {
    Path folder = Path.of("target", "page");
    Files.createDirectories(folder);
    Files.write(folder.resolve(name + ".png"), driver.getScreenshotAs(OutputType.BYTES));
  }

  /** Closing twice has no effect. */
  @Override
  public void close() throws IOException {
    if (!Files.exists(profile)) {
      return;
    }
    driver.quit();
    try (Stream<Path> files = Files.walk(profile)) {
      for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
