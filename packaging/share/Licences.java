import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import module java.base;

/// The licences of what the image holds besides the program: each library by name and version, with what the list of components says
/// of its licence, the notices that its jar has, and each text once. A library that brings no text along gets that of
/// `packaging/licences`; one for which there is none there either fails the build.
final class Licences {
    private static final Pattern TEXT = Pattern.compile("META-INF/(LICEN[CS]E|NOTICE|COPYING)([.](txt|md))?|META-INF/licenses/.*/LICENSE");

    private final Path base;
    private final Path lib;
    private final Map<String, Integer> texts = new LinkedHashMap<>();

    Licences(Path base, Path lib) {
        this.base = base;
        this.lib = lib;
    }

    /// @param components the list of components, CycloneDX in JSON
    String text(Path components) throws IOException {
        Map<String, JsonNode> known = new HashMap<>();
        for (JsonNode component : JsonMapper.shared().readTree(components.toFile()).get("components")) {
            known.put(component.get("name").asString() + "-" + component.get("version").asString() + ".jar", component);
        }
        StringBuilder list = new StringBuilder("""
                What llmproxy is made of besides itself. The Java runtime's licences are beside it, in
                /usr/lib/llmproxy/runtime/legal; that of llmproxy is Apache-2.0, text [1]. Libraries were
                cut to what is used here; their sources are at the addresses below.

                """);
        number(Files.readString(base.resolve("LICENSE")));
        for (Path jar : jars()) {
            JsonNode component = known.get(jar.getFileName().toString());
            if (component == null) {
                throw new IllegalStateException(jar + " is not in " + components);
            }
            list.append(library(jar, component));
        }
        for (Map.Entry<String, Integer> text : texts.entrySet()) {
            list.append("\n").append("=".repeat(78)).append("\n[").append(text.getValue()).append("]\n\n").append(text.getKey()).append('\n');
        }
        return list.toString();
    }

    private List<Path> jars() throws IOException {
        try (Stream<Path> files = Files.list(lib)) {
            return files.filter(file -> file.toString().endsWith(".jar") && !file.endsWith("llmproxy.jar")).sorted().toList();
        }
    }

    private String library(Path jar, JsonNode component) throws IOException {
        Set<Integer> numbers = new TreeSet<>();
        boolean licence = false;
        try (JarFile file = new JarFile(jar.toFile())) {
            for (JarEntry entry : file.stream().filter(e -> TEXT.matcher(e.getName()).matches()).sorted(Comparator.comparing(JarEntry::getName)).toList()) {
                licence |= !entry.getName().contains("NOTICE");
                numbers.add(number(new String(file.getInputStream(entry).readAllBytes(), StandardCharsets.UTF_8)));
            }
        }
        List<String> names = names(component);
        if (!licence) {
            numbers.addAll(ownTexts(component.get("name").asString(), names));
        }
        return "%s %s\n    %s, text%s\n    %s\n".formatted(
                component.get("name").asString(), component.get("version").asString(), String.join(" or ", names),
                numbers.stream().map(n -> " [" + n + "]").collect(Collectors.joining()), component.get("purl").asString());
    }

    private static List<String> names(JsonNode component) {
        List<String> names = new ArrayList<>();
        for (JsonNode each : component.path("licenses")) {
            JsonNode licence = each.path("license");
            JsonNode name = each.has("expression") ? each.get("expression") : licence.has("id") ? licence.get("id") : licence.get("name");
            names.add(name.asString());
        }
        return names;
    }

    private List<Integer> ownTexts(String library, List<String> names) throws IOException {
        List<Integer> numbers = new ArrayList<>();
        Path copyright = base.resolve("packaging/licences/" + library + ".copyright");
        String before = Files.exists(copyright) ? Files.readString(copyright) + "\n" : "";
        for (String name : names) {
            String known = known(name);
            if (known.equals("Apache-2.0")) {
                return List.of(number(before + Files.readString(base.resolve("LICENSE"))));
            }
            Path text = base.resolve("packaging/licences/" + known + ".txt");
            if (Files.exists(text)) {
                return List.of(number(before + Files.readString(text)));
            }
        }
        throw new IllegalStateException(library + " has no text of its licence, and packaging/licences has none for " + names);
    }

    /// By what a licence's text is called, whatever the library's pom calls it.
    private static String known(String name) {
        if (name.matches("(?i).*apache.*2.*")) {
            return "Apache-2.0";
        }
        if (name.matches("(?i).*\\bMPL\\b.*2.*|.*mozilla.*2.*")) {
            return "MPL-2.0";
        }
        return name.matches("(?i).*CC0.*|.*public domain.*") ? "CC0-1.0" : name;
    }

    /// Texts that differ in their spaces alone are one.
    private int number(String text) {
        String clean = text.strip().lines().map(String::stripTrailing).collect(Collectors.joining("\n"));
        for (Map.Entry<String, Integer> known : texts.entrySet()) {
            if (words(known.getKey()).equals(words(clean))) {
                return known.getValue();
            }
        }
        texts.put(clean, texts.size() + 1);
        return texts.size();
    }

    private static String words(String text) {
        return text.replaceAll("\\s+", " ").replace("https:", "http:");
    }
}
