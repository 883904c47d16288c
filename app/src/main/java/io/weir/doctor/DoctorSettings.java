package io.weir.doctor;

import java.net.URI;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What {@code doctor} is to do.
 *
 * @param pid to look at; 0 where {@code self} is given
 * @param watchMillis how long to look again and again; 0 for a glance
 * @param intervalMillis between two looks
 * @param json print JSON instead of text
 * @param html a page to write as well, or null
 * @param attach may a JVM be asked about itself?
 * @param trim ask a JVM to give back what its malloc keeps
 * @param self the admin address of a Weir whose ledger to show, or null
 */
public record DoctorSettings(
    long pid,
    long watchMillis,
    long intervalMillis,
    boolean json,
    @Nullable Path html,
    boolean attach,
    boolean trim,
    @Nullable URI self) {}
