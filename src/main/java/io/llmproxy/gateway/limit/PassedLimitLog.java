package io.llmproxy.gateway.limit;

import io.llmproxy.domain.Checks;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitMode;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.gateway.PassedLimits;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes to the log that soft limits were passed (event 6103) and that shadow limits would have refused (event 6104): of each limit
 * once in its period, and once a minute at most, by a thread of its own.
 */
public final class PassedLimitLog implements AutoCloseable {
    private static final Logger LOG = System.getLogger(PassedLimitLog.class.getName());
    private static final Duration PERIOD = Duration.ofSeconds(1);

    private final PassedLimits passed;
    private final Supplier<Map<String, Limit>> inForce;
    private final InstantSource clock;
    private @Nullable Thread thread;

    /** @param inForce every limit by its id */
    public PassedLimitLog(PassedLimits passed, Supplier<Map<String, Limit>> inForce, InstantSource clock) {
        this.passed = passed;
        this.inForce = inForce;
        this.clock = clock;
    }

    public void start() {
        thread = Thread.ofVirtual().name("passed-limit-log").start(() -> {
            try {
                while (true) {
                    Thread.sleep(PERIOD);
                    write();
                }
            } catch (InterruptedException e) {
                // the appliance stops
            }
        });
    }

    private void write() {
        passed.due(inForce.get(), clock.instant())
                .forEach(p -> LOG.log(p.limit().mode() == LimitMode.SHADOW ? Level.INFO : Level.WARNING, sentence(p)));
    }

    static String sentence(PassedLimits.Passed passed) {
        Limit limit = passed.limit();
        boolean shadow = limit.mode() == LimitMode.SHADOW;
        String what = shadow ? "event 6104: the shadow limit " : "event 6103: the soft limit ";
        String did = shadow ? " would have refused " : " was passed by ";
        String who = passed.subject().equals(CounterKey.ONE)
                ? ""
                : ", the last one of " + Checks.quoted(passed.subject().toString());
        String per = limit.period() == LimitPeriod.NONE
                ? ""
                : " per " + limit.period().word();
        return what + limit.id() + " (" + limit.scopeText() + ", " + limit.amount() + " "
                + limit.metric().word() + per + ")" + did + passed.requests()
                + (passed.requests() == 1 ? " request" : " requests") + who + "; served all the same."
                + " This is said once in the limit's period; see llmproxyctl limit usage";
    }

    @Override
    public void close() {
        Thread running = thread;
        if (running != null) {
            running.interrupt();
        }
    }
}
