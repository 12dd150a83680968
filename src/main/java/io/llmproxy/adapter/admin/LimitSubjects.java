package io.llmproxy.adapter.admin;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Whom the limits of a document are for. A limit goes with its user, key or provider, and what is declared must not go without a word. */
final class LimitSubjects {
    private final Map<Declared.Id, Declared> declared;
    private final List<Declared> gone;
    private final Set<Declared.Id> staying;

    /**
     * @param current what is there
     * @param declared what the document says
     * @param gone what is deleted, since the document does not say it
     */
    LimitSubjects(Set<Declared.Id> current, Map<Declared.Id, Declared> declared, List<Declared> gone) {
        this.declared = declared;
        this.gone = gone;
        staying = new HashSet<>(current);
        gone.forEach(thing -> staying.remove(thing.id()));
        staying.addAll(declared.keySet());
    }

    /** @throws DeclarationProblem at the first limit that would go with whom it is for */
    void check() {
        for (Declared limit : declared.values()) {
            if (limit.id().kind() == DeclaredKind.LIMIT) {
                gone.stream().filter(thing -> isFor(limit, thing)).findFirst().ifPresent(thing -> {
                    throw DeclarationPlan.fault(
                            limit,
                            400,
                            "invalid",
                            "the limit is for the " + thing.id().kind().word() + " "
                                    + thing.id().name() + ", which --prune deletes, as the file does not declare it");
                });
            }
        }
    }

    private boolean isFor(Declared limit, Declared thing) {
        @Nullable String owner = thing.id().tenant();
        @Nullable String tenant = limit.id().tenant();
        if (owner != null && !owner.equals(tenant)) {
            return false;
        }
        String scope = DeclaredFields.text(limit.fields(), "scope");
        String start = thing.id().kind().word() + "=";
        return switch (thing.id().kind()) {
            case USER, KEY, PROVIDER -> {
                String subject = scope.startsWith(start) ? scope.substring(start.length()) : "";
                boolean named = subject.equalsIgnoreCase(thing.id().name()) || subject.equals(thing.handle());
                yield named && !stays(thing.id().kind(), subject, tenant);
            }
            case TENANT, ROUTE, LIMIT, PRICE -> false;
        };
    }

    /** Another one whose name that is: a tenant's own provider may have the name of a shared one, and the limit is for whichever is there. */
    private boolean stays(DeclaredKind kind, String subject, @Nullable String tenant) {
        return staying.contains(new Declared.Id(kind, null, subject))
                || staying.contains(new Declared.Id(kind, tenant, subject));
    }
}
