package io.llmproxy.adapter.log;

import io.llmproxy.domain.usage.Outcome;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.port.EndedRequest;
import java.util.List;

/** Writes a line for each request that ended, some hundred of them by one write. One thread. */
public final class AccessLog {
    private static final int BATCH = 64 << 10;
    private final RunningLog log;
    private final boolean errorsAlone;
    private final boolean addresses;

    /**
     * @param errorsAlone whether those that went well have none
     * @param addresses whether lines name the clients' addresses
     */
    public AccessLog(RunningLog log, boolean errorsAlone, boolean addresses) {
        this.log = log;
        this.errorsAlone = errorsAlone;
        this.addresses = addresses;
    }

    public void write(List<EndedRequest> some) {
        StringBuilder lines = new StringBuilder(Math.min(BATCH, 500 * some.size() + 16));
        for (EndedRequest request : some) {
            if (!errorsAlone || wrong(request)) {
                lines.append(log.format().access(AccessEntry.of(request, addresses)));
            }
            if (lines.length() >= BATCH) {
                log.writeInfo(lines.toString());
                lines.setLength(0);
            }
        }
        if (!lines.isEmpty()) {
            log.writeInfo(lines.toString());
        }
    }

    private static boolean wrong(EndedRequest request) {
        UsageRecord record = request.record();
        return request.status() >= 400 || record != null && record.outcome() != Outcome.COMPLETED;
    }
}
