package io.weir.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.relay.http.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The document of errors names every reason, with the status that it is answered with. */
final class ErrorsDocumentTest {
  @ParameterizedTest
  @EnumSource(Reason.class)
  void errors_inTheDocument_nameEveryReason(Reason reason) throws IOException {
    String root = Objects.requireNonNull(System.getProperty("weir.root"));
    String row = "| `" + reason.word() + "` | ";
    assertThat(Files.readString(Path.of(root, "docs/errors.md")))
        .contains(reason.status() == 0 ? row : row + reason.status() + " | ");
  }
}
