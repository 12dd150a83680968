package io.llmproxy.adapter.admin;

import io.llmproxy.domain.route.Route;
import io.llmproxy.domain.route.Target;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** Puts routes behind those that they lead to, and leaves them in their order otherwise. Of one ordering. */
final class RouteOrder {
    private final Map<Declared.Id, Declared> routes = new HashMap<>();
    private final Set<Declared.Id> done = new HashSet<>();
    private final List<Declared> out = new ArrayList<>();

    private RouteOrder(List<Declared> routes) {
        routes.forEach(route -> this.routes.put(route.id(), route));
    }

    /** @throws DeclarationProblem where they lead round in a circle */
    static List<Declared> of(List<Declared> routes) {
        RouteOrder order = new RouteOrder(routes);
        routes.forEach(route -> order.follow(route, new ArrayList<>()));
        return order.out;
    }

    private void follow(Declared route, List<String> passed) {
        Declared.Id id = route.id();
        if (passed.contains(id.name())) {
            passed.add(id.name());
            throw DeclarationPlan.fault(
                    route, 400, "invalid", "targets: leads round in a circle: " + String.join(" -> ", passed));
        }
        if (done.contains(id)) {
            return;
        }
        if (passed.size() == Route.LONGEST_CHAIN) {
            throw DeclarationPlan.fault(route, 400, "invalid", "targets: " + Route.tooLong(passed));
        }
        passed.add(id.name());
        for (JsonNode text : route.fields().path("targets").values()) {
            Target target = DeclarationPlan.located(route, () -> Target.parse("targets", text.asString()));
            Declared next = target.alias() ? routes.get(new Declared.Id(id.kind(), id.tenant(), target.name())) : null;
            if (next != null) {
                follow(next, passed);
            }
        }
        passed.removeLast();
        done.add(id);
        out.add(route);
    }
}
