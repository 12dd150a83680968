package io.llmproxy;

import io.llmproxy.adapter.backup.NewFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Puts one state in the place of another by renames within a data directory. What is to be renamed is written to a file before the first
 * of them; while that file is there no server starts, and who finds it can take every rename back, however many were done. The directory is
 * held by its caller.
 */
final class StateSwap {
    static final String STAGING = ".restoring";
    private static final String MARKER = "restore-unfinished";

    /** Root may read what the service's user wrote: names lead nowhere but where they belong. */
    private static final Pattern LINE =
            Pattern.compile("(?<old>PART) -> replaced-[0-9TZ]{1,20}/\\k<old>|\\.restoring/(?<new>PART) -> \\k<new>"
                    .replace("PART", "db|master\\.key|" + BackupPlace.JOURNAL_NAME));

    private final Path directory;
    private final List<Move> moves;

    private StateSwap(Path directory, List<Move> moves) {
        this.directory = directory;
        this.moves = moves;
    }

    /** One rename; both names are relative to the directory. */
    private record Move(String from, String to) {
        @Override
        public String toString() {
            return from + " -> " + to;
        }
    }

    /**
     * What is to be done to have the state in {@link #STAGING}. A master key that is there stays where the new state has none.
     *
     * @param aside the name of the directory for what is there, {@code replaced-TIME}
     */
    static StateSwap of(Path directory, String aside) throws IOException {
        Path staging = directory.resolve(STAGING);
        List<Move> moves = new ArrayList<>();
        for (String part : parts(directory)) {
            boolean stays = part.equals(BackupPlace.MASTER_KEY) && !Files.exists(staging.resolve(part));
            if (Files.exists(directory.resolve(part)) && !stays) {
                moves.add(new Move(part, aside + "/" + part));
            }
        }
        for (String part : parts(staging)) {
            if (Files.exists(staging.resolve(part))) {
                moves.add(new Move(STAGING + "/" + part, part));
            }
        }
        return new StateSwap(directory, moves);
    }

    /** What belongs to a state, in a data directory. */
    private static List<String> parts(Path directory) throws IOException {
        List<String> parts = new ArrayList<>();
        parts.add("db");
        BackupPlace.journals(directory).forEach(journal -> parts.add(String.valueOf(journal.getFileName())));
        parts.add(BackupPlace.MASTER_KEY);
        return parts;
    }

    static Path marker(Path directory) {
        return directory.resolve(MARKER);
    }

    /** Whether something that was there goes aside. */
    boolean replaces() {
        return moves.stream().anyMatch(m -> !m.from.startsWith(STAGING));
    }

    /** Does it; when it returns the disk has it. */
    void run() throws IOException {
        begin();
        for (int i = 0; i < moves.size(); i++) {
            move(i);
        }
        end();
    }

    int moves() {
        return moves.size();
    }

    void begin() throws IOException {
        String text = moves.stream().map(m -> m + "\n").collect(Collectors.joining());
        NewFile.write(marker(directory), out -> {
            out.write(text.getBytes(StandardCharsets.US_ASCII));
            return true;
        });
    }

    void move(int i) throws IOException {
        rename(directory.resolve(moves.get(i).from), directory.resolve(moves.get(i).to));
    }

    private void end() throws IOException {
        Trees.sync(directory);
        Files.delete(marker(directory));
        Trees.sync(directory);
        Trees.delete(directory.resolve(STAGING));
    }

    private static void rename(Path from, Path to) throws IOException {
        Path into = Objects.requireNonNull(to.getParent());
        Files.createDirectories(into);
        Files.move(from, to);
        Trees.sync(into);
    }

    /**
     * Takes back the renames of one that was cut off, and deletes what it had prepared: the directory has what it had before.
     *
     * @return whether there was one
     */
    static boolean undo(Path directory) throws IOException {
        Path marker = marker(directory);
        if (!Files.exists(marker)) {
            return false;
        }
        List<Move> moves =
                Files.readAllLines(marker).stream().map(l -> parsed(marker, l)).toList();
        for (Move move : moves.reversed()) {
            Path from = directory.resolve(move.from);
            Path to = directory.resolve(move.to);
            if (Files.exists(to) && !Files.exists(from)) {
                rename(to, from);
                deleteIfEmpty(Objects.requireNonNull(to.getParent()));
            }
        }
        Trees.sync(directory);
        Files.delete(marker);
        Trees.sync(directory);
        Trees.delete(directory.resolve(STAGING));
        return true;
    }

    private static Move parsed(Path marker, String line) {
        Matcher known = LINE.matcher(line);
        if (!known.matches()) {
            throw new OfflineException(
                    OfflineException.FAILED,
                    marker + " is not as it was written; move what belongs to the state (db, journal, master.key) back"
                            + " from the directories beside it by hand, and delete it");
        }
        String[] names = line.split(" -> ", 2);
        return new Move(names[0], names[1]);
    }

    private static void deleteIfEmpty(Path directory) throws IOException {
        try (var files = Files.list(directory)) {
            if (files.findAny().isPresent()) {
                return;
            }
        }
        Files.delete(directory);
    }
}
