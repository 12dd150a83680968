package io.llmproxy.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** Configuration files of tenants, as far as provisioning needs to know them: keys and values, whether they are right or not. */
final class TenantFile {
    static final String GATEWAY = "gateway.listen";
    static final String ADMIN = "admin.listen";

    private TenantFile() {}

    /**
     * Its keys with dots; none where there is no such file.
     *
     * @throws CliException where it cannot be read, or is not YAML
     */
    static Map<String, String> read(Path file) {
        Map<String, String> keys = new LinkedHashMap<>();
        try {
            String text = Files.readString(file);
            Object root = new Load(LoadSettings.builder()
                            .setMaxAliasesForCollections(0)
                            .setLabel(file.toString())
                            .build())
                    .loadFromString(text);
            flatten("", root, keys);
        } catch (NoSuchFileException e) {
            return keys;
        } catch (IOException e) {
            throw new CliException(ExitCode.REFUSED, file + " cannot be read: " + FileFault.why(e));
        } catch (YamlEngineException e) {
            throw new CliException(
                    ExitCode.REFUSED,
                    file + " is not YAML; `llmproxy check-config " + file + "` names the line\n" + e.getMessage());
        }
        return keys;
    }

    private static void flatten(String path, Object node, Map<String, String> keys) {
        if (node instanceof Map<?, ?> map) {
            map.forEach((key, value) -> {
                if (value != null) {
                    flatten(path.isEmpty() ? String.valueOf(key) : path + "." + key, value, keys);
                }
            });
        } else if (node != null) {
            keys.put(path, String.valueOf(node));
        }
    }

    /** The names of all tenants that have a file, whatever it holds. */
    static List<String> tenants(Path etc) {
        List<String> slugs = new ArrayList<>();
        try (Stream<Path> files = Files.list(etc)) {
            for (Path file : files.toList()) {
                String name = String.valueOf(file.getFileName());
                String slug = name.endsWith(".yaml") ? name.substring(0, name.length() - ".yaml".length()) : "";
                if (Context.isSlug(slug) && !slug.equals("llmproxy")) {
                    slugs.add(slug);
                }
            }
        } catch (IOException e) {
            // no such directory, or not for the caller to see: none that this program knows of
        }
        slugs.sort(null);
        return slugs;
    }

    /** Which addresses each tenant listens on, by file, environment file, common file and default. */
    static Map<String, List<Address>> listens(Host host) {
        Map<String, String> common = new LinkedHashMap<>(Map.of(GATEWAY, "127.0.0.1:8080", ADMIN, "127.0.0.1:8081"));
        common.putAll(read(host.common()));
        Map<String, List<Address>> listens = new TreeMap<>();
        for (String tenant : tenants(host.etc())) {
            Map<String, String> own = new LinkedHashMap<>(common);
            own.putAll(read(host.configuration(tenant)));
            Map<String, String> environment = environment(host.environment(tenant));
            own.putAll(renamed(environment, "LLMPROXY_GATEWAY_LISTEN", GATEWAY));
            own.putAll(renamed(environment, "LLMPROXY_ADMIN_LISTEN", ADMIN));
            List<Address> addresses = new ArrayList<>();
            for (String key : List.of(GATEWAY, ADMIN)) {
                Address.parse(own.getOrDefault(key, "")).ifPresent(addresses::add);
            }
            listens.put(tenant, addresses);
        }
        return listens;
    }

    private static Map<String, String> renamed(Map<String, String> from, String name, String key) {
        String value = from.get(name);
        return value == null ? Map.of() : Map.of(key, value);
    }

    /** The variables of an environment file of systemd; none where there is none. */
    static Map<String, String> environment(Path file) {
        Map<String, String> variables = new LinkedHashMap<>();
        try {
            for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
                int equals = line.indexOf('=');
                if (equals > 0 && !line.strip().startsWith("#")) {
                    String value = line.substring(equals + 1).strip();
                    variables.put(
                            line.substring(0, equals).strip(),
                            value.replace("\"", "").replace("'", ""));
                }
            }
        } catch (IOException e) {
            // there is none, as a rule
        }
        return variables;
    }
}
