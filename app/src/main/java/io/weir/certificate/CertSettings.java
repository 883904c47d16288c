package io.weir.certificate;

import java.nio.file.Path;
import java.util.List;

/**
 * What a certificate is made for.
 *
 * @param directory where its two files go; it must be there
 * @param names host names and addresses, at least one; a name may begin with {@code *.}
 */
public record CertSettings(Path directory, List<String> names) {}
