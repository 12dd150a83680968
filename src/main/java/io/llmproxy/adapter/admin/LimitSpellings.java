package io.llmproxy.adapter.admin;

import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.domain.limit.SubjectNames;
import io.llmproxy.port.StateSource.ManagedState;
import io.llmproxy.wire.admin.DeclarationJson.Fault;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** The scopes of limits in one spelling, so that those that are declared and those that are there compare. Of one reading. */
final class LimitSpellings {
    private final SubjectNames shared = new SubjectNames();
    private final Map<UUID, SubjectNames> ofTenants = new HashMap<>();
    private final Map<String, SubjectNames> bySlug = new HashMap<>();

    LimitSpellings(ManagedState state) {
        state.tenants().forEach(tenant -> bySlug.put(tenant.slug(), of(tenant.id())));
        state.users().forEach(user -> of(user.tenantId()).user(user.id(), user.email()));
        state.keys().forEach(key -> of(key.tenantId()).key(key.id(), key.name(), key.prefix()));
    }

    private SubjectNames of(@Nullable UUID tenantId) {
        return tenantId == null ? shared : ofTenants.computeIfAbsent(tenantId, t -> new SubjectNames());
    }

    /** Of a limit that is there. */
    String scope(Limit limit) {
        String subject = limit.subject();
        return subject == null
                ? limit.scopeText()
                : limit.as(limit.id(), of(limit.tenantId()).held(limit.scope(), subject))
                        .scopeText();
    }

    /**
     * What a document says, with its limits so spelled. Whom it creates itself it names by what they are spelled by in any case.
     *
     * @throws DeclarationProblem with every limit that it names a second time, under another spelling
     */
    DeclarationReader.Read said(DeclarationReader.Read declared) {
        Map<Declared.Id, Declared> things = new LinkedHashMap<>();
        List<Fault> faults = new ArrayList<>();
        for (Declared thing : declared.things().values()) {
            Declared spelled = thing.id().kind() == DeclaredKind.LIMIT ? spelled(thing) : thing;
            Declared before = things.putIfAbsent(spelled.id(), spelled);
            if (before != null) {
                faults.add(new Fault(
                        thing.pointer() + "/scope",
                        "is declared already, at " + before.pointer() + ": the scopes of both mean "
                                + DeclaredFields.text(spelled.fields(), "scope")));
            }
        }
        if (!faults.isEmpty()) {
            throw DeclarationProblem.invalid(faults);
        }
        return new DeclarationReader.Read(things, declared.sections());
    }

    private Declared spelled(Declared limit) {
        @Nullable String tenant = limit.id().tenant();
        String scope = DeclaredFields.text(limit.fields(), "scope");
        int equals = scope.indexOf('=');
        if (equals < 0) {
            return limit;
        }
        SubjectNames names = tenant == null ? shared : bySlug.getOrDefault(tenant, shared);
        ObjectNode fields = limit.fields().deepCopy();
        try {
            LimitScope of = LimitScope.parse("scope", scope.substring(0, equals));
            fields.put("scope", of.word() + "=" + names.said(of, scope.substring(equals + 1)));
        } catch (InvalidValueException e) {
            // refused when it is to be set, in the same words as a command
            return limit;
        }
        Declared.Id id = new Declared.Id(DeclaredKind.LIMIT, tenant, DeclaredState.limitName(fields));
        return Declared.said(id, limit.pointer(), fields, limit.statusSaid());
    }
}
