package io.weir.load;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Counts, checks and hashes one request body. One thread.
 *
 * <p>SHA-256 only where asked: without its intrinsic it would cost more than all the rest.
 */
final class Upload {
  private final SeededBytes sequence;
  private final CRC32C crc32c = new CRC32C();
  private final @Nullable MessageDigest sha256;
  private long bytes;
  private long mismatchAt = -1;

  Upload(SeededBytes sequence, boolean withSha256) {
    this.sequence = sequence;
    this.sha256 = withSha256 ? sha256() : null;
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** Takes a part of the body, from the buffer's position to its limit. */
  void take(ByteBuffer part) {
    int length = part.remaining();
    if (mismatchAt < 0) {
      int wrong = sequence.mismatch(part, bytes);
      mismatchAt = wrong < 0 ? -1 : bytes + wrong;
    }
    if (sha256 != null) {
      sha256.update(part.duplicate());
    }
    crc32c.update(part);
    bytes += length;
  }

  /** Returns the finding as JSON with a line end. */
  String toJson() {
    StringBuilder json = new StringBuilder(200);
    json.append("{\"bytes\":").append(bytes);
    json.append(",\"matches\":").append(mismatchAt < 0);
    json.append(",\"mismatch_at\":").append(mismatchAt);
    json.append(",\"crc32c\":\"").append(HexFormat.of().toHexDigits((int) crc32c.getValue()));
    json.append('"');
    if (sha256 != null) {
      json.append(",\"sha256\":\"").append(HexFormat.of().formatHex(sha256.digest())).append('"');
    }
    return json.append("}\n").toString();
  }
}
