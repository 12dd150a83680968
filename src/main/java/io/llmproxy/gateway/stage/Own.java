package io.llmproxy.gateway.stage;

import io.llmproxy.domain.error.ProxyException;
import io.llmproxy.domain.object.ObjectKind;
import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.Refusals;
import io.llmproxy.gateway.Stage;
import io.llmproxy.gateway.Target;
import io.llmproxy.gateway.object.KeepingSink;
import io.llmproxy.gateway.object.ObjectUse;
import io.llmproxy.gateway.object.Ownership;
import io.llmproxy.gateway.scan.References;
import io.llmproxy.gateway.scan.References.Reference;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Keeps apart what a shared provider stores for several tenants: what a request names must be its tenant's own, what cannot be told
 * apart is refused, and whose a new object is gets kept before the client knows its id. For a tenant with several providers it
 * remembers which of them made what. Whoever has one provider of his own, and whatever names and keeps nothing, goes straight through.
 */
public final class Own implements Stage {
    private final Ownership ownership;
    private final OwnedList lists;

    public Own(Ownership ownership) {
        this.ownership = ownership;
        this.lists = new OwnedList(ownership);
    }

    @Override
    public void handle(Exchange x, Next next) {
        if (!x.tenant().tracksObjects()) {
            next.handle(x);
            return;
        }
        ObjectUse use = ObjectUse.of(x);
        boolean shared = narrowed(x, use);
        switch (use.role()) {
            case NOTHING, UNKNOWN -> next.handle(x);
            case CREATE -> {
                if (shared) {
                    ownership.requireStore();
                }
                watched(x, use, next);
            }
            case ONE -> watched(x, use, next);
            case LIST -> {
                if (shared) {
                    lists.answer(x, use.objects(), next);
                } else {
                    next.handle(x);
                }
            }
        }
    }

    /** Leaves those targets in the plan that the request may be sent to; tells whether one of them is shared. */
    private boolean narrowed(Exchange x, ObjectUse use) {
        List<Target> plan = x.plan();
        if (plan.size() == 1) {
            return checked(x, plan.getFirst(), use);
        }
        List<Target> left = new ArrayList<>(plan.size());
        boolean shared = false;
        @Nullable ProxyException refusal = null;
        for (Target target : plan) {
            try {
                shared |= checked(x, target, use);
                left.add(target);
            } catch (ProxyException e) {
                refusal = refusal == null ? e : refusal;
            }
        }
        if (refusal != null && left.isEmpty()) {
            throw refusal;
        }
        x.narrow(left);
        return shared;
    }

    /** Whether the target is shared; what must not be sent to it is refused. */
    private boolean checked(Exchange x, Target target, ObjectUse use) {
        boolean shared = target.provider().account().shared();
        if (shared) {
            check(x, target, use);
        }
        return shared;
    }

    private void watched(Exchange x, ObjectUse use, Next next) {
        String method = x.request().method();
        if (use.makes(method) || use.yieldsFiles()) {
            x.wantPlain();
        }
        new KeepingSink(x, x.sink(), ownership, use).between(x, next);
    }

    private void check(Exchange x, Target target, ObjectUse use) {
        if (use.role() == ObjectUse.Role.UNKNOWN) {
            throw Refusals.cannotBeOwned(target.providerName());
        }
        References references = x.ask().references();
        if (!references.seen() && x.tally().requestBytes() > 0) {
            throw Refusals.bodyNotRead(target.providerName());
        }
        if (references.beyond() != null) {
            throw Refusals.cannotBeOwned(target.providerName(), references.beyond());
        }
        if (!references.all().isEmpty()) {
            check(x, target, references);
        }
    }

    private void check(Exchange x, Target target, References references) {
        Map<ObjectKind, Set<String>> named = new EnumMap<>(ObjectKind.class);
        for (Reference reference : references.all()) {
            named.computeIfAbsent(reference.kind(), kind -> new HashSet<>()).add(reference.id());
        }
        Map<ObjectKind, Set<String>> owned = new EnumMap<>(ObjectKind.class);
        named.forEach((kind, ids) -> owned.put(
                kind,
                ownership.owned(
                        x.tenant().tenant().id(), target.provider().account().id(), kind, ids)));
        for (Reference reference : references.all()) {
            if (!owned.getOrDefault(reference.kind(), Set.of()).contains(reference.id())) {
                throw Refusals.objectNotFound(reference.kind(), reference.id(), reference.member());
            }
        }
    }
}
