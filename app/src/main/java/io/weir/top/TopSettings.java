package io.weir.top;

import java.net.URI;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What the command line says.
 *
 * @param admin the address of the admin pages, without a slash at its end
 * @param tokenFile where the token for them is, or null for none
 * @param once print one snapshot and end, even on a terminal
 */
public record TopSettings(URI admin, @Nullable Path tokenFile, boolean once) {}
