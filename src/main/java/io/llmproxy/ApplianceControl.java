package io.llmproxy;

import io.llmproxy.port.ProcessControl;
import java.util.List;

/** What operators do with the process while it runs. */
final class ApplianceControl implements ProcessControl {
    private final Reload reload;
    private final Succession succession;

    ApplianceControl(Reload reload, Succession succession) {
        this.reload = reload;
        this.succession = succession;
    }

    @Override
    public List<Setting> settings() {
        return reload.settings();
    }

    @Override
    public Outcome check() {
        return reload.check();
    }

    @Override
    public Outcome reload() {
        return reload.run();
    }

    @Override
    public long restart() {
        return succession.start();
    }
}
