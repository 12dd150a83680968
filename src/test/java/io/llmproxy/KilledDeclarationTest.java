package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.ServerJvm;
import io.llmproxy.testing.TestAppliance.Ctl;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A server that is killed while it applies a declaration has all of it or nothing. */
@Tag("proof")
class KilledDeclarationTest {
    private static final int KEYS = 3000;

    @Test
    void whatWasBeingAppliedAtAKillIsThereWholeOrNotAtAll() throws Exception {
        Path directory = ServerJvm.newDirectory();
        for (int kill = 0; kill < 4; kill++) {
            String tenant = "t" + kill;
            StringBuilder file = new StringBuilder("version: 1\ntenants:\n  " + tenant + ":\n    keys:\n");
            for (int i = 0; i < KEYS; i++) {
                file.append("      k").append(i).append(": {}\n");
            }
            ServerJvm server = ServerJvm.start(directory, "true", "-Xmx256m");
            CompletableFuture<Ctl> running =
                    CompletableFuture.supplyAsync(() -> server.ctlWithInput(file.toString(), "apply", "-f", "-", "-q"));
            // at different places of it: which, does not matter
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200L + 500L * kill));
            server.kill();
            int code = running.join().code();
            ServerJvm again = ServerJvm.start(directory, "true", "-Xmx256m");
            try {
                Ctl keys = again.ctl("-t", tenant, "key", "list", "-o", "name");
                long there = keys.code() == 0 ? keys.out().lines().count() : 0;
                assertThat(there).as("after a kill").isIn(0L, (long) KEYS);
                if (code == 0) {
                    assertThat(there).as("what was said to be done").isEqualTo(KEYS);
                }
                assertThat(again.ctl("audit", "verify").code()).isZero();
            } finally {
                again.kill();
            }
        }
        ServerJvm.start(directory, "true", "-Xmx256m").close();
    }
}
