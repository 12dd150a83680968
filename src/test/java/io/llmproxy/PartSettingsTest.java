package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.adapter.http.ClientPatience;
import io.llmproxy.config.ApplianceConfig;
import io.llmproxy.config.ConfigException;
import io.llmproxy.config.ConfigLoader;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.gateway.ForgetfulJournal;
import io.llmproxy.gateway.Ledger;
import io.llmproxy.gateway.OnFull;
import io.llmproxy.port.StoreException;
import io.llmproxy.port.UsageJournal;
import io.llmproxy.testing.UsageRecords;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the parts are told comes from the configuration; what it says where it says nothing is what they do by themselves. */
class PartSettingsTest {
    private static ApplianceConfig config(String... sets) throws ConfigException {
        return ConfigLoader.load(new ConfigLoader.Sources(List.of(), Map.of(), List.of(sets), Map.of()))
                .config();
    }

    private static ClientPatience patience(String... sets) throws ConfigException {
        return PartSettings.patience(config(sets).gateway().clients());
    }

    @Test
    void aHeadHasTenSecondsAndABodyAKilobyteASecondOverAnyTen() throws ConfigException {
        assertThat(patience()).isEqualTo(ClientPatience.DEFAULT);
        assertThat(ClientPatience.DEFAULT.head()).isEqualTo(Duration.ofSeconds(10));
        assertThat(ClientPatience.DEFAULT.rate()).isEqualTo(1024);
        assertThat(ClientPatience.DEFAULT.window()).isEqualTo(Duration.ofSeconds(10));
    }

    @Test
    void eachOfThemCanBeSet() throws ConfigException {
        assertThat(patience(
                        "gateway.head-timeout=3s",
                        "gateway.keep-alive=4s",
                        "gateway.min-rate=2KiB",
                        "gateway.idle-timeout=5s"))
                .isEqualTo(new ClientPatience(
                        Duration.ofSeconds(3),
                        Duration.ofSeconds(4),
                        2048,
                        Duration.ofSeconds(10),
                        Duration.ofSeconds(5)));
        assertThat(patience("gateway.min-rate=0").rate()).isZero();
    }

    private static Duration commentsAfter(String... sets) throws ConfigException {
        return PartSettings.gateway(config(sets), Path.of("spool")).sseKeepAlive();
    }

    @Test
    void streamsThatAreSilentGetCommentsAfterFifteenSecondsOrNoneAtAll() throws ConfigException {
        assertThat(commentsAfter()).isEqualTo(Duration.ofSeconds(15));
        assertThat(commentsAfter("gateway.sse-keep-alive=0")).isZero();
        assertThat(commentsAfter("gateway.sse-keep-alive=0s")).isZero();
        assertThat(commentsAfter("gateway.sse-keep-alive=7s")).isEqualTo(Duration.ofSeconds(7));
    }

    /** Whether a request is served while the journal's disk takes no records. */
    private static boolean servesOnAFullDisk(String... sets) throws ConfigException {
        UsageJournal full = new ForgetfulJournal() {
            @Override
            public void append(UsageRecord record) {
                throw new StoreException("writing to the journal", new IOException("no space left on device"));
            }
        };
        OnFull onFull = PartSettings.onFull(config(sets).journal());
        Ledger ledger = new Ledger(full, onFull, () -> Instant.EPOCH);
        assertThat(ledger.available()).isTrue();
        ledger.append(UsageRecords.labelled("the disk is full"));
        return ledger.available();
    }

    @Test
    void aFullDiskRefusesRequestsUnlessTheConfigurationSaysOtherwise() throws ConfigException {
        assertThat(servesOnAFullDisk()).isFalse();
        assertThat(servesOnAFullDisk("journal.on-full=refuse")).isFalse();
        assertThat(servesOnAFullDisk("journal.on-full=continue")).isTrue();
    }
}
