package io.llmproxy.adapter.admin;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.stream.Stream;

/** The numeric id of a user of the operating system; the JDK gives names alone. */
final class UserIds {
    private static final Path PASSWD = Path.of("/etc/passwd");
    private static final int BUFFER = 64 * 1024;

    private UserIds() {}

    /** @param name as the JDK gives it: digits where the id has no name */
    static OptionalInt of(String name) {
        if (!name.isEmpty() && name.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return number(name);
        }
        OptionalInt local = inFile(PASSWD, name);
        return local.isPresent() ? local : bySystem(name);
    }

    /** Most names are in the file, which is read in no time; those of a directory service are not. */
    static OptionalInt inFile(Path passwd, String name) {
        try (Stream<String> lines = Files.lines(passwd, StandardCharsets.ISO_8859_1)) {
            return lines.map(line -> line.split(":", -1))
                    .filter(f -> f.length >= 3 && f[0].equals(name))
                    .findFirst()
                    .map(f -> number(f[2]))
                    .orElse(OptionalInt.empty());
        } catch (IOException | java.io.UncheckedIOException e) {
            return OptionalInt.empty();
        }
    }

    /**
     * {@code getpwnam_r(3)}. On Linux {@code struct passwd} begins with two pointers and then has the id, in glibc as in musl.
     */
    @SuppressWarnings("restricted") // a call into the C library: the launchers enable native access
    static OptionalInt bySystem(String name) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment entry = arena.allocate(256);
            MemorySegment buffer = arena.allocate(BUFFER);
            MemorySegment result = arena.allocate(ValueLayout.ADDRESS);
            Linker linker = Linker.nativeLinker();
            MethodHandle call = linker.downcallHandle(
                    linker.defaultLookup().findOrThrow("getpwnam_r"),
                    FunctionDescriptor.of(
                            ValueLayout.JAVA_INT,
                            ValueLayout.ADDRESS,
                            ValueLayout.ADDRESS,
                            ValueLayout.ADDRESS,
                            ValueLayout.JAVA_LONG,
                            ValueLayout.ADDRESS));
            int error = (int) call.invokeExact(arena.allocateFrom(name), entry, buffer, (long) BUFFER, result);
            boolean found = error == 0 && result.get(ValueLayout.ADDRESS, 0).address() != 0;
            return found
                    ? OptionalInt.of(entry.get(ValueLayout.JAVA_INT, 2 * ValueLayout.ADDRESS.byteSize()))
                    : OptionalInt.empty();
        } catch (RuntimeException | Error e) {
            return OptionalInt.empty(); // no such function, or native access is denied: the caller is refused
        } catch (Throwable e) {
            throw new IllegalStateException("getpwnam_r throws nothing", e);
        }
    }

    private static OptionalInt number(String digits) {
        try {
            return OptionalInt.of(Integer.parseUnsignedInt(digits));
        } catch (NumberFormatException e) {
            return OptionalInt.empty();
        }
    }
}
