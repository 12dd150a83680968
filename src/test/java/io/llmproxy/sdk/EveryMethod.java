package io.llmproxy.sdk;

import com.openai.client.OpenAIClient;
import com.openai.core.JsonField;
import com.openai.core.JsonValue;
import com.openai.core.MultipartField;
import com.openai.core.http.HttpResponse;
import com.openai.errors.OpenAIInvalidDataException;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Calls every method of every service that the client has, with made-up parameters of the right kind, against a server that answers
 * anything. Found by reflection, so that a new version's endpoints are called without anybody adding them.
 */
record EveryMethod(OpenAIClient client, Transcript seen) {
    private static final Pattern REQUIRED = Pattern.compile("`(\\w+)` is required");
    private static final String SERVICES = "com.openai.services.blocking";
    private static final Set<String> OWN = Set.of("models.list");

    /** @return those whose parameters could not be made up */
    List<String> run() {
        List<String> left = new ArrayList<>();
        walk("", client, OpenAIClient.class, left);
        return left;
    }

    private void walk(String path, Object service, Class<?> type, List<String> left) {
        Method[] methods = type.getMethods();
        Arrays.sort(methods, Comparator.comparing(Method::getName).thenComparing(Method::toString));
        for (Method method : methods) {
            Class<?> result = method.getReturnType();
            if (Modifier.isStatic(method.getModifiers())) {
                continue;
            }
            boolean nested = method.getParameterCount() == 0 && result.isInterface();
            if (nested
                    && result.getName().startsWith(SERVICES)
                    && !result.getName().contains("$")) {
                walk(path + method.getName() + ".", Objects.requireNonNull(invoked(service, method)), result, left);
            } else if (method.getParameterCount() == 1) {
                call(path + method.getName(), service, method, left);
            }
        }
    }

    private void call(String name, Object service, Method method, List<String> left) {
        Class<?> type = method.getParameterTypes()[0];
        // streams have steps of their own: they want events for an answer
        if (!type.getSimpleName().endsWith("Params") || name.endsWith("Streaming") || OWN.contains(name)) {
            return;
        }
        Object params = params(type);
        if (params == null) {
            left.add(name);
            return;
        }
        try {
            seen.call(name, () -> told(invoked(service, method, params)));
        } catch (IllegalStateException | IllegalArgumentException e) {
            left.add(name); // it misses something, or wants other values, and says so only when it is called
        }
    }

    private static @Nullable Object invoked(Object on, Method method, Object... arguments) {
        try {
            method.setAccessible(true);
            return method.invoke(on, arguments);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof RuntimeException unchecked) {
                throw unchecked;
            }
            throw new AssertionError(e.getCause());
        } catch (IllegalAccessException e) {
            throw new LinkageError(method.toString(), e);
        }
    }

    /** A page tells its answer, and not the service that made it. */
    private static String told(@Nullable Object result) {
        if (result == null) {
            return "nothing";
        }
        if (result instanceof HttpResponse answer) {
            try (answer) {
                return new String(answer.body().readAllBytes(), StandardCharsets.UTF_8);
            } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
        try {
            return String.valueOf(invoked(result, result.getClass().getMethod("response")));
        } catch (NoSuchMethodException e) {
            return result.toString();
        } catch (OpenAIInvalidDataException e) {
            return "not what was expected";
        }
    }

    private static @Nullable Object params(Class<?> type) {
        try {
            Object builder = type.getMethod("builder").invoke(null);
            Method build = builder.getClass().getMethod("build");
            for (Method setter : builder.getClass().getMethods()) {
                boolean id = setter.getName().matches("(id|\\w+Id|\\w+Checkpoint|version|model|slug|name)");
                if (id
                        && setter.getParameterCount() == 1
                        && setter.getParameterTypes()[0] == String.class
                        && !setter.getName().startsWith("add")) {
                    setter.invoke(builder, "a_" + setter.getName());
                }
            }
            for (int tries = 0; tries < 20; tries++) {
                String missing = missing(builder, build);
                if (missing.isEmpty()) {
                    return build.invoke(builder);
                }
                if (!set(builder, missing)) {
                    return null;
                }
            }
            return null;
        } catch (InvocationTargetException e) {
            return null; // it wants something that its name does not tell
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(type.toString(), e);
        }
    }

    /** The name of a required property; empty: there is none. */
    private static String missing(Object builder, Method build) throws ReflectiveOperationException {
        try {
            build.invoke(builder);
            return "";
        } catch (InvocationTargetException e) {
            Matcher required = REQUIRED.matcher(String.valueOf(e.getCause()));
            if (required.find()) {
                return required.group(1);
            }
            throw e;
        }
    }

    private static boolean set(Object builder, String property) throws ReflectiveOperationException {
        List<Method> setters = Arrays.stream(builder.getClass().getMethods())
                .filter(m -> m.getName().equals(property) && m.getParameterCount() == 1)
                .sorted(Comparator.comparing(Method::toString))
                .toList();
        for (Method setter : setters) {
            Object value = value(setter.getParameterTypes()[0]);
            if (value != null) {
                setter.invoke(builder, value);
                return true;
            }
        }
        return false;
    }

    private static @Nullable Object value(Class<?> type) {
        if (type.isAssignableFrom(JsonField.class)) {
            return JsonValue.from("made up");
        }
        if (type == String.class) {
            return "made up";
        }
        if (type == long.class) {
            return 7L;
        }
        if (type == MultipartField.class) {
            return MultipartField.<InputStream>builder()
                    .value(new ByteArrayInputStream("zwölf".getBytes(StandardCharsets.UTF_8)))
                    .filename("ü.txt")
                    .contentType("text/plain")
                    .build();
        }
        return type == InputStream.class ? new ByteArrayInputStream(new byte[12]) : null;
    }
}
