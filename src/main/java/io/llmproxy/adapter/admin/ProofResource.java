package io.llmproxy.adapter.admin;

import static io.llmproxy.adapter.admin.AdminRoute.route;

import io.llmproxy.admin.ApplianceStatus;
import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.gateway.proof.LimitProofReport;
import io.llmproxy.wire.admin.LimitProofJson;
import java.util.List;
import java.util.function.Supplier;

/** {@code /api/v1/prove}: proofs that the running appliance gives of itself. Asked for with POST, since they cost something. */
final class ProofResource {
    private static final int REQUESTS = 20_000;
    private static final int MAX_REQUESTS = 1_000_000;
    private static final int PARALLEL = 1000;
    private static final int MAX_PARALLEL = 10_000;

    private final AdminServer.Proofs proofs;
    private final Supplier<ApplianceStatus> status;

    ProofResource(AdminServer.Proofs proofs, Supplier<ApplianceStatus> status) {
        this.proofs = proofs;
        this.status = status;
    }

    List<AdminRoute> routes() {
        // its answer is one of the moment, which is kept in memory, as those with secrets are: a proof leaves nothing
        // behind
        return List.of(route("POST", "/api/v1/prove/limits", this::limits).showingSecret());
    }

    private Answer limits(AdminRequest r) {
        if (!r.actor().admin()) {
            throw AdminException.forbidden(
                    "limits are proven by admins of the installation: the proof costs everybody");
        }
        Body body = r.body().only("requests", "parallel");
        int requests = between("requests", body.value("requests", Body::integer, REQUESTS), MAX_REQUESTS);
        int parallel = between("parallel", body.value("parallel", Body::integer, PARALLEL), MAX_PARALLEL);
        LimitProofReport report = proofs.limits(requests, parallel);
        ApplianceStatus now = status.get();
        return Answer.ok(new LimitProofJson(
                report.holds(),
                now.counters().store(),
                now.counters().processes(),
                report.answered(),
                report.refused(),
                report.failed(),
                report.milliseconds(),
                report.limits().stream().map(ProofResource::line).toList()));
    }

    private static int between(String field, int value, int max) {
        if (value < 1 || value > max) {
            throw new InvalidValueException(field, "must be from 1 to " + max + "; got " + value);
        }
        return value;
    }

    private static LimitProofJson.OfLimit line(LimitProofReport.OfLimit one) {
        Limit limit = one.limit();
        return new LimitProofJson.OfLimit(
                limit.scope().word(),
                limit.metric().word(),
                limit.period().word(),
                Long.toString(limit.amount()),
                Long.toString(one.peak()),
                Long.toString(one.granted()),
                Long.toString(one.used()),
                Long.toString(one.overrun()),
                one.holds());
    }
}
