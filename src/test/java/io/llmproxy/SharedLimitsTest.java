package io.llmproxy;

import static io.llmproxy.testing.SharedLimits.await;
import static io.llmproxy.testing.SharedLimits.hammered;
import static io.llmproxy.testing.SharedLimits.knows;
import static io.llmproxy.testing.SharedLimits.set;
import static io.llmproxy.testing.SharedLimits.sharedBy;
import static io.llmproxy.testing.SharedLimits.used;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Http;
import io.llmproxy.testing.SharedLimits;
import io.llmproxy.testing.TestAppliance;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Limits of two processes on one PostgreSQL. */
class SharedLimitsTest {
    @TempDir
    private Path directory;

    private SharedLimits shared;

    @BeforeEach
    void setUp() {
        shared = new SharedLimits(directory);
    }

    @AfterEach
    void tearDown() {
        shared.close();
    }

    /** Sends until so many were answered in all, and sees that no more are. */
    private void spend(int all, Http... processes) {
        await(() -> {
            for (Http http : processes) {
                if (shared.upstream().requests().size() < all) {
                    http.chat();
                }
            }
            return shared.upstream().requests().size() >= all;
        });
        hammered(2, processes);
        assertThat(shared.upstream().requests()).hasSize(all);
    }

    @Test
    void twoProcessesSpendALimitAndNotOneMore() {
        try (TestAppliance one = shared.start("one");
                TestAppliance two = shared.start("two")) {
            String secret = one.tenantWithKey("acme", shared.upstream().baseUrl());
            String limit = set(one, "acme", "requests", "200", "day");
            await(() -> knows(two, "acme", limit, "200"));
            await(() -> sharedBy(one, 2) && sharedBy(two, 2));
            try (Http first = new Http(one.gateway(), secret);
                    Http second = new Http(two.gateway(), secret)) {
                assertThat(hammered(8, first, second)).isLessThanOrEqualTo(200);
                spend(200, first, second);
                await(() -> used(one, "acme", limit).intValue() == 200
                        && used(two, "acme", limit).intValue() == 200);
                set(two, "acme", "requests", "210", "day");
                await(() -> knows(one, "acme", limit, "210"));
                spend(210, first, second);
                two.ctl("-t", "acme", "limit", "reset", limit, "--yes").value();
                await(() -> used(one, "acme", limit).signum() == 0
                        && used(two, "acme", limit).signum() == 0);
                await(() -> first.chat().statusCode() == 200);
                one.ctl("-t", "acme", "limit", "delete", limit, "--yes").value();
                await(() -> two.ctl("-t", "acme", "limit", "show", limit).code() == 4);
                assertThat(second.chat().statusCode()).isEqualTo(200);
            }
        }
    }

    @Test
    void aBudgetOfTokensIsNotOverspentAndARestartForgetsNothing() {
        String secret;
        String limit;
        try (TestAppliance one = shared.start("one");
                TestAppliance two = shared.start("two")) {
            secret = one.tenantWithKey("acme", shared.upstream().baseUrl());
            one.ctl("tenant", "update", "acme", "--max-output-tokens", "50").value();
            limit = set(one, "acme", "tokens", "4000", "total");
            await(() -> knows(two, "acme", limit, "4000"));
            try (Http first = new Http(one.gateway(), secret);
                    Http second = new Http(two.gateway(), secret)) {
                int answered = hammered(6, first, second);
                assertThat(answered).isPositive();
                assertThat(used(one, "acme", limit).intValue()).isLessThanOrEqualTo(4000);
            }
        }
        try (TestAppliance again = shared.start("one");
                Http http = new Http(again.gateway(), secret)) {
            hammered(2, http);
            // what is left is less than one request may come to use
            await(() -> http.chat().statusCode() == 402
                    && used(again, "acme", limit).intValue() > 4000 - 100);
            assertThat(used(again, "acme", limit).intValue()).isLessThanOrEqualTo(4000);
        }
    }

    @Test
    void proves() {
        try (TestAppliance one = shared.start("one");
                TestAppliance two = shared.start("two")) {
            await(() -> sharedBy(one, 2));
            TestAppliance.Ctl proof = one.ctl("prove", "limits", "--requests", "600", "--parallel", "60", "-o", "json");
            assertThat(proof.code()).as(proof.out() + proof.err()).isZero();
            assertThat(proof.out()).contains("\"holds\": true", "\"store\": \"postgresql\"", "\"processes\": 2");
            assertThat(two.ctl("tenant", "list", "-o", "json").value()).doesNotContain("proof");
        }
    }
}
