package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.adapter.http.ClientPatience;
import io.llmproxy.config.ApplianceConfig;
import io.llmproxy.config.ConfigException;
import io.llmproxy.config.ConfigLoader;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** How patient the listener is with slow clients comes from the configuration, which says what the listener does by itself. */
class PartSettingsTest {
    private static ClientPatience patience(String... sets) throws ConfigException {
        ApplianceConfig config = ConfigLoader.load(
                        new ConfigLoader.Sources(List.of(), Map.of(), List.of(sets), Map.of()))
                .config();
        return PartSettings.patience(config.gateway().clients());
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
}
