package io.llmproxy.gateway.stage;

import io.llmproxy.domain.object.ObjectKind;
import io.llmproxy.gateway.ClientGoneException;
import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.Refusals;
import io.llmproxy.gateway.ResponseSink;
import io.llmproxy.gateway.Stage;
import io.llmproxy.gateway.Target;
import io.llmproxy.gateway.object.KeepingSink;
import io.llmproxy.gateway.object.ObjectUse;
import io.llmproxy.gateway.object.Ownership;
import io.llmproxy.gateway.scan.References;
import io.llmproxy.gateway.scan.References.Reference;
import java.io.IOException;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

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
        boolean shared = false;
        for (Target target : x.plan()) {
            if (target.provider().account().shared()) {
                shared = true;
                check(x, target, use);
            }
        }
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

    private void watched(Exchange x, ObjectUse use, Next next) {
        String method = x.request().method();
        if (use.makes(method) || use.yieldsFiles()) {
            x.wantPlain();
        }
        ResponseSink client = x.sink();
        KeepingSink sink = new KeepingSink(x, client, ownership, use);
        x.sink(sink);
        try {
            next.handle(x);
            sink.finish();
        } catch (IOException e) {
            throw new ClientGoneException();
        } finally {
            x.sink(client);
        }
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
