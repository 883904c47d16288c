package io.weir.memory.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@EnabledOnOs(OS.LINUX)
class NodeProbeTest {
  /** Says its version and the size of its heap, once that is at rest, then waits. */
  private static final String SCRIPT =
      """
      const held = [];
      WORK
      setTimeout(() => {
        console.log(process.version + ' ' + process.memoryUsage().heapTotal);
        require('fs').readSync(0, Buffer.alloc(1));
      }, 300);
      """;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "for (let i = 0; i < 200000; i++) held.push({x: i, z: [i]});",
        "for (let i = 0; i < 400; i++) held.push(new Array(12500).fill(i + 0.5));",
        "for (let i = 0; i < 300; i++) held.push(new Array(40000).fill(i + 0.5));",
        "for (let i = 0; i < 30; i++) held.push(Buffer.alloc(1000000, 1));",
      })
  void read_node_heapAsItTellsItself(String work) throws IOException {
    try (RuntimeTarget node = node(work)) {
      String[] said = node.line().split(" ", -1);
      Reading<NodeUse> reading = NodeProbe.read(node.target(), memory(node));
      NodeUse use = Objects.requireNonNull(reading.value());
      assertThat(use.version()).isIn(said[0], "");
      assumeTrue(use.heapBytes() >= 0, "V8 of another layout: " + said[0]);
      long heapTotal = Long.parseLong(said[1]);
      assertThat(use.heapCommittedBytes())
          .isCloseTo(heapTotal, within(Math.max(heapTotal / 20, 1L << 20)));
      assertThat(use.heapBytes()).isBetween(1L << 20, use.heapCommittedBytes());
      assertThat(use.heapRanges().stream().mapToLong(AddressRange::bytes).sum())
          .isEqualTo(use.heapCommittedBytes());
    }
  }

  @Test
  void read_stoppedNode_residentSetUnchanged() throws IOException, InterruptedException {
    try (RuntimeTarget node = node("")) {
      node.signal("STOP");
      while (!new JvmStatus(node.target()).field("State").startsWith("T")) {
        Thread.onSpinWait();
      }
      String before = resident(node);
      assertThat(NodeProbe.read(node.target(), memory(node)).value()).isNotNull();
      assertThat(resident(node)).isEqualTo(before);
    }
  }

  private static String resident(RuntimeTarget node) throws IOException {
    return Files.readAllLines(node.target().file("smaps_rollup")).get(1);
  }

  @Test
  void read_notNode_none() throws IOException {
    Target self = Target.self();
    assertThat(NodeProbe.read(self, new MemoryUse(List.of()))).isEqualTo(Reading.none());
  }

  @Test
  void isNodeName_paths_onlyNode() {
    assertThat(NodeProbe.isNodeName("/usr/bin/node")).isTrue();
    assertThat(NodeProbe.isNodeName("/opt/nodejs (deleted)")).isTrue();
    assertThat(NodeProbe.isNodeName("/usr/bin/node_exporter")).isFalse();
    assertThat(NodeProbe.isNodeName("")).isFalse();
  }

  @Test
  void version_amidBytes_found() {
    byte[] bytes =
        "\0x nodejs.org/download/release/v%s nodejs.org/download/release/v24.1.0/node"
            .getBytes(StandardCharsets.US_ASCII);
    assertThat(NodeVersion.within(bytes, bytes.length)).isEqualTo("v24.1.0");
  }

  @Property
  void version_anyBytes_noException(@ForAll byte[] bytes) {
    assertThat(NodeVersion.within(bytes, bytes.length)).isEmpty();
  }

  private static RuntimeTarget node(String work) throws IOException {
    try {
      RuntimeTarget node = RuntimeTarget.run(List.of("node", "-e", SCRIPT.replace("WORK", work)));
      assumeTrue(node.line().startsWith("v"), "node does not run");
      return node;
    } catch (IOException e) {
      assumeTrue(false, "no node here");
      throw e;
    }
  }

  private static MemoryUse memory(RuntimeTarget node) throws IOException {
    List<MappingUse> mappings = new ArrayList<>();
    try (BufferedReader lines = Files.newBufferedReader(node.target().file("maps"))) {
      lines
          .lines()
          .forEach(
              line -> {
                String[] words = line.split(" +", 6);
                String[] bounds = words[0].split("-", -1);
                mappings.add(
                    new MappingUse(
                        new Mapping(
                            new AddressRange(
                                Long.parseUnsignedLong(bounds[0], 16) & Long.MAX_VALUE,
                                Long.parseUnsignedLong(bounds[1], 16) & Long.MAX_VALUE),
                            words[1],
                            0,
                            Long.parseLong(words[4]),
                            words.length > 5 ? words[5] : ""),
                        0,
                        0,
                        0,
                        0,
                        0,
                        0));
              });
    }
    return new MemoryUse(mappings);
  }
}
