package io.llmproxy.adapter.admin;

import io.llmproxy.wire.admin.DeclarationJson;
import io.llmproxy.wire.admin.DeclarationJson.Fault;
import java.util.List;

/** A document is refused; says where in it each fault is. */
final class DeclarationProblem extends Problem {
    private final int status;
    private final String code;
    private final transient List<Fault> faults;

    DeclarationProblem(int status, String code, List<Fault> faults) {
        super(status, code, detail(faults));
        this.status = status;
        this.code = code;
        this.faults = List.copyOf(faults);
    }

    static DeclarationProblem invalid(List<Fault> faults) {
        return new DeclarationProblem(400, "invalid", faults);
    }

    private static String detail(List<Fault> faults) {
        Fault first = faults.getFirst();
        String more = faults.size() == 1 ? "" : " (and " + (faults.size() - 1) + " more)";
        return (first.pointer().isEmpty() ? "the document" : first.pointer()) + ": " + first.detail() + more
                + "; nothing was changed";
    }

    @Override
    Answer answer() {
        return new Answer(
                status,
                Answer.PROBLEM,
                Json.bytes(new DeclarationJson.Refusal(
                        "about:blank", title(status), status, String.valueOf(getMessage()), code, faults)));
    }
}
