package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The renames of a restore, cut off behind each of them. */
class StateSwapTest {
    private static final String ASIDE = "replaced-20260203T040506Z";

    @TempDir
    Path directory;

    private int number;

    private static void put(Path file, String content) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }

    private static void state(Path place, String content, String... parts) throws IOException {
        for (String part : parts) {
            put(place.resolve(part), content);
        }
    }

    /** Every file that is there, with its content. */
    private static Map<String, String> all(Path place) throws IOException {
        Map<String, String> all = new TreeMap<>();
        for (Path file : Trees.files(place)) {
            if (Files.isRegularFile(file)) {
                all.put(place.relativize(file).toString(), Files.readString(file));
            }
        }
        return all;
    }

    private Path data(String[] old, String[] fresh) throws IOException {
        Path data = directory.resolve("data" + number++);
        Files.createDirectories(data);
        put(data.resolve("identity"), "stays");
        state(data, "old", old);
        state(data.resolve(StateSwap.STAGING), "new", fresh);
        return data;
    }

    private void cutEverywhere(String[] old, String[] fresh) throws IOException {
        int moves = StateSwap.of(data(old, fresh), ASIDE).moves();
        for (int done = 0; done <= moves; done++) {
            Path data = data(old, fresh);
            Map<String, String> before = all(data);
            before.keySet().removeIf(name -> name.startsWith(StateSwap.STAGING));
            StateSwap swap = StateSwap.of(data, ASIDE);
            swap.begin();
            for (int i = 0; i < done; i++) {
                swap.move(i);
            }
            assertThatThrownBy(() -> DataDirectory.take(data))
                    .isInstanceOf(StartException.class)
                    .hasMessageContaining("cut off")
                    .hasMessageContaining("llmproxyctl backup restore FILE --replace --data-dir " + data);
            assertThat(StateSwap.undo(data)).isTrue();
            assertThat(all(data)).as("after " + done + " of " + moves).isEqualTo(withLock(before));
            assertThat(data.resolve(ASIDE)).doesNotExist();
            assertThat(StateSwap.undo(data)).isFalse();
        }
    }

    private static Map<String, String> withLock(Map<String, String> files) {
        Map<String, String> all = new TreeMap<>(files);
        all.put("llmproxy.lock", "");
        all.put("place-1.lock", "");
        return all;
    }

    @Test
    void everyRenameCanBeTakenBack() throws IOException {
        String[] whole = {"db/llmproxy.mv.db", "journal/1.log", "journal/position", "master.key"};
        String[] followed = {"db/llmproxy.mv.db", "journal/1.log", "journal-2/2.log", "journal-13/3.log", "master.key"};
        String[] withoutKey = {"db/llmproxy.mv.db", "journal/1.log"};
        String[] database = {"db/llmproxy.mv.db"};
        cutEverywhere(whole, whole);
        cutEverywhere(whole, withoutKey);
        cutEverywhere(whole, database);
        cutEverywhere(followed, whole);
        cutEverywhere(database, whole);
        cutEverywhere(new String[] {"master.key"}, whole);
        cutEverywhere(new String[] {}, whole);
    }

    @Test
    void putsTheNewStateInThePlaceOfTheOld() throws IOException {
        String[] old = {"db/llmproxy.mv.db", "journal/position", "journal-2/2.log", "master.key"};
        Path data = data(old, new String[] {"db/llmproxy.mv.db", "journal/1.log"});
        StateSwap swap = StateSwap.of(data, ASIDE);
        assertThat(swap.replaces()).isTrue();
        swap.run();
        assertThat(all(data))
                .isEqualTo(Map.of(
                        "identity",
                        "stays",
                        "db/llmproxy.mv.db",
                        "new",
                        "journal/1.log",
                        "new",
                        "master.key",
                        "old",
                        ASIDE + "/db/llmproxy.mv.db",
                        "old",
                        ASIDE + "/journal/position",
                        "old",
                        ASIDE + "/journal-2/2.log",
                        "old"));
    }

    /** Root may be the one who takes renames back, in a directory that belongs to the service. */
    @Test
    void followsNoNameThatLeadsElsewhere() throws IOException {
        Path data = data(new String[] {"db/llmproxy.mv.db"}, new String[] {});
        for (String line : new String[] {
            "db -> ../db",
            "journal-2 -> replaced-1/../journal-2",
            "journal-x -> replaced-1/journal-x",
            "db -> replaced-1/../../x",
            "../x -> db",
            "db"
        }) {
            Files.writeString(StateSwap.marker(data), line + "\n");
            assertThatThrownBy(() -> StateSwap.undo(data))
                    .isInstanceOf(OfflineException.class)
                    .hasMessageContaining("by hand");
            assertThat(data.resolve("db/llmproxy.mv.db")).hasContent("old");
        }
    }

    @Test
    void whatWasOnlyPreparedIsDeletedByTheNextStart() throws Exception {
        Path data = data(new String[] {"db/llmproxy.mv.db"}, new String[] {"db/llmproxy.mv.db"});
        DataDirectory.take(data).close();
        assertThat(data.resolve(StateSwap.STAGING)).doesNotExist();
        assertThat(data.resolve("db/llmproxy.mv.db")).hasContent("old");
    }
}
