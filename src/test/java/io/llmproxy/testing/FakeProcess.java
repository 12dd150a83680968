package io.llmproxy.testing;

import io.llmproxy.port.ProcessControl;
import java.util.List;

/** A process of one key, which a reload applies. */
final class FakeProcess implements ProcessControl {
    @Override
    public List<Setting> settings() {
        return List.of(new Setting("log.level", "INFO", "default", true));
    }

    @Override
    public Outcome check() {
        return new Outcome(List.of(), List.of());
    }

    @Override
    public Outcome reload() {
        return new Outcome(List.of("log.level"), List.of());
    }

    @Override
    public long restart() {
        throw new NotRestarted("a restart is under way", true);
    }
}
