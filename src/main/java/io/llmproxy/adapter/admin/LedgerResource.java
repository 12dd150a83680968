package io.llmproxy.adapter.admin;

import static io.llmproxy.adapter.admin.AdminRoute.route;

import io.llmproxy.admin.AdminQueries;
import io.llmproxy.domain.usage.LedgerFault;
import io.llmproxy.domain.usage.LedgerReport;
import io.llmproxy.wire.admin.LedgerJson;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/** {@code /api/v1/ledger}. What has been answered is brought into the ledger before it is looked at. */
final class LedgerResource {
    private final AdminQueries queries;
    private final Runnable flushLedger;

    LedgerResource(AdminQueries queries, Runnable flushLedger) {
        this.queries = queries;
        this.flushLedger = flushLedger;
    }

    List<AdminRoute> routes() {
        return List.of(route("GET", "/api/v1/ledger/check", this::check));
    }

    private Answer check(AdminRequest r) {
        flushLedger.run();
        LedgerReport report = queries.ledgerCheck(r.actor());
        return Answer.ok(new LedgerJson(
                report.sound(),
                report.checks().stream()
                        .map(c -> new LedgerJson.Check(name(c.check()), c.count(), c.faults()))
                        .toList(),
                report.faults().stream().map(LedgerResource::fault).toList()));
    }

    private static LedgerJson.Fault fault(LedgerFault f) {
        Instant time = f.time();
        return new LedgerJson.Fault(
                name(f.check()), f.block(), f.tenant(), time == null ? null : Shapes.time(time), f.detail());
    }

    private static String name(LedgerFault.Check check) {
        return check.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
