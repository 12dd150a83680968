package io.llmproxy;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Directories with all that is in them. */
final class Trees {
    private Trees() {}

    /** Nothing where there is none. */
    static void delete(Path directory) throws IOException {
        if (Files.exists(directory)) {
            for (Path file : files(directory).reversed()) {
                Files.delete(file);
            }
        }
    }

    /** A directory before what is in it. */
    static List<Path> files(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.sorted(Comparator.naturalOrder()).toList();
        }
    }

    /** The names in it are on the disk when it returns. */
    static void sync(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
