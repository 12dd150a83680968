package io.llmproxy;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.lang.conditions.ArchConditions.callMethodWhere;
import static com.tngtech.archunit.lang.conditions.ArchConditions.dependOnClassesThat;
import static com.tngtech.archunit.lang.conditions.ArchConditions.not;
import static com.tngtech.archunit.lang.conditions.ArchConditions.onlyDependOnClassesThat;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import java.net.URI;
import java.time.Clock;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/** The borders of the architecture: a violation fails the build and says why the border is there. */
class ArchitectureTest {
    private static final JavaClasses CODE = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.llmproxy");

    private static final String OURS = "io.llmproxy..";
    private static final String DOMAIN = "io.llmproxy.domain..";
    private static final String PORT = "io.llmproxy.port..";
    private static final String RUNTIME = "io.llmproxy.runtime..";
    private static final String GATEWAY = "io.llmproxy.gateway..";
    private static final String ADMIN = "io.llmproxy.admin..";
    private static final String ADAPTER = "io.llmproxy.adapter..";
    private static final String WIRE = "io.llmproxy.wire..";
    private static final String CONFIG = "io.llmproxy.config..";
    private static final String CLI = "io.llmproxy.cli..";
    /** The package of Main and Appliance alone: it has no dots behind it. */
    private static final String ROOT = "io.llmproxy";

    /** Rules on a package that is not there hold for nothing: this list keeps the others honest. */
    @Test
    void everyRoomOfTheTreeIsThere() {
        Set<String> packages = CODE.stream().map(JavaClass::getPackageName).collect(Collectors.toSet());

        assertThat(packages)
                .contains(
                        "io.llmproxy.domain.identity",
                        "io.llmproxy.port",
                        "io.llmproxy.runtime",
                        "io.llmproxy.gateway",
                        "io.llmproxy.admin",
                        "io.llmproxy.adapter.http",
                        "io.llmproxy.adapter.admin",
                        "io.llmproxy.adapter.jdbc",
                        "io.llmproxy.wire.admin",
                        "io.llmproxy.config",
                        "io.llmproxy.cli");
    }

    @Test
    void theDomainKnowsOnlyTheLanguage() {
        classes()
                .that()
                .resideInAPackage(DOMAIN)
                .should(onlyDependOnClassesThat(resideInAnyPackage(
                                DOMAIN,
                                "java.lang..",
                                "java.util..",
                                "java.time..",
                                "java.math..",
                                "java.nio.charset",
                                "org.jspecify.annotations")
                        .or(type(URI.class))
                        .or(type(java.net.URISyntaxException.class))
                        .or(arraysOfPrimitives())))
                .because(
                        "rules that need no I/O, clock or framework can be read and tested alone; a URI is a mere value")
                .check(CODE);
    }

    @Test
    void portsSpeakTheDomainsLanguage() {
        insideOnly(PORT, DOMAIN, PORT)
                .because("a port that knew an adapter's types would have one implementation for ever")
                .check(CODE);
    }

    @Test
    void theRuntimeKnowsDomainAndPorts() {
        insideOnly(RUNTIME, DOMAIN, PORT, RUNTIME)
                .because("both use cases read the snapshot; it must not know either")
                .check(CODE);
    }

    @Test
    void theGatewayKnowsDomainPortsAndRuntime() {
        insideOnly(GATEWAY, DOMAIN, PORT, RUNTIME, GATEWAY)
                .because("serving a request must not depend on how it arrived or where things are kept")
                .check(CODE);
    }

    @Test
    void administrationKnowsDomainPortsAndRuntime() {
        insideOnly(ADMIN, DOMAIN, PORT, RUNTIME, ADMIN)
                .because("the same commands serve the socket, TCP and the tests")
                .check(CODE);
    }

    @Test
    void configurationKnowsTheDomainAlone() {
        insideOnly(CONFIG, DOMAIN, CONFIG)
                .because("configuration is read before anything else exists")
                .check(CODE);
    }

    @Test
    void wireShapesKnowNothing() {
        insideOnly(WIRE, DOMAIN, WIRE)
                .because("shapes without logic can be shared with the command line")
                .check(CODE);
    }

    @Test
    void onlyTheCompositionRootKnowsAdapters() {
        noClasses()
                .that(resideInAPackage(OURS).and(not(resideInAnyPackage(ADAPTER, ROOT))))
                .should()
                .dependOnClassesThat()
                .resideInAPackage(ADAPTER)
                .because("Appliance is the one place that says new on an adapter")
                .check(CODE);
    }

    @Test
    void nothingInsideKnowsTheCompositionRoot() {
        noClasses()
                .that()
                .resideInAnyPackage(DOMAIN, PORT, RUNTIME, GATEWAY, ADMIN, ADAPTER, WIRE, CONFIG, CLI)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(ROOT)
                .because("what is composed must not know the whole")
                .check(CODE);
    }

    @Test
    void adaptersDoNotKnowEachOther() {
        slices().matching("io.llmproxy.adapter.(*)..")
                .should()
                .notDependOnEachOther()
                .because("an adapter can be replaced only while no other leans on it")
                .check(CODE);
    }

    @Test
    void providersShareNothingButTheirSupport() {
        slices().matching("io.llmproxy.adapter.provider.(*)..")
                .should()
                .notDependOnEachOther()
                .ignoreDependency(
                        resideInAPackage("io.llmproxy.adapter.provider.."),
                        resideInAnyPackage(
                                "io.llmproxy.adapter.provider.support..", "io.llmproxy.adapter.provider.openai.."))
                .because("a provider is one directory; what several need is in support, or is OpenAI's format")
                .check(CODE);
    }

    @Test
    void theCommandLineKnowsTheWireAlone() {
        insideOnly(CLI, "io.llmproxy.wire.admin..", CLI)
                .because(
                        "llmproxyctl talks to a server of another version by the API, and starts without the server's classes")
                .check(CODE);
    }

    @Test
    void onlyTheServersMainKnowsTheCommandLine() {
        noClasses()
                .that(resideInAPackage(OURS).and(not(resideInAPackage(CLI))).and(not(named("io.llmproxy.Main"))))
                .should()
                .dependOnClassesThat()
                .resideInAPackage(CLI)
                .because("the single jar runs it as `ctl`, and there is no other reason to")
                .check(CODE);
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching("io.llmproxy.(**)")
                .should()
                .beFreeOfCycles()
                .because("a package can be read alone only if what it needs does not need it")
                .check(CODE);
    }

    @Test
    void helidonStaysAtTheEdge() {
        onlyIn(
                        List.of("io.helidon.."),
                        "io.llmproxy.adapter.http..",
                        "io.llmproxy.adapter.admin..",
                        "io.llmproxy.adapter.telemetry..",
                        ROOT)
                .because("the server's framework changes on its own schedule, and a test of a stage needs no server")
                .check(CODE);
    }

    @Test
    void databasesStayBehindTheJdbcAdapter() {
        onlyIn(
                        List.of(
                                "java.sql..",
                                "javax.sql..",
                                "com.zaxxer..",
                                "org.flywaydb..",
                                "org.h2..",
                                "org.postgresql.."),
                        "io.llmproxy.adapter.jdbc..")
                .because("stores are ports: the pool and the dialect are one adapter's business (docs/adr/001)")
                .check(CODE);
    }

    @Test
    void redisStaysBehindItsAdapter() {
        onlyIn(List.of("redis.clients.."), "io.llmproxy.adapter.redis..")
                .because(
                        "the image leaves out most of the library: only who knows what is left may use it (docs/adr/012)")
                .check(CODE);
    }

    @Test
    void jsonTreesStayOutOfTheCore() {
        onlyIn(List.of("tools.jackson..", "com.fasterxml.."), WIRE, ADAPTER, CLI)
                .because("bodies go through the gateway as bytes; a tree of them would be a copy and a change")
                .check(CODE);
    }

    @Test
    void tokensAreCountedBehindAPort() {
        onlyIn(List.of("com.knuddels.."), "io.llmproxy.adapter.tokenizer..")
                .because("its tables take a second and 29 MB to load: only what is off the hot path may touch them")
                .check(CODE);
    }

    @Test
    void whoSignsTokensIsCheckedInOnePlace() {
        onlyIn(List.of("org.jose4j.."), "io.llmproxy.adapter.admin.auth..")
                .because("what is accepted as a signature is decided once (docs/adr/041)")
                .check(CODE);
    }

    @Test
    void yamlIsReadByConfigurationAndWrittenByTheCommandLine() {
        onlyIn(List.of("org.snakeyaml.."), CONFIG, CLI)
                .because("nothing else in this program is YAML (docs/adr/004)")
                .check(CODE);
    }

    @Test
    void nothingHangsOnAThread() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .areAssignableTo(ThreadLocal.class)
                .because(
                        "a virtual thread lives for one request, so a thread's variable caches nothing and hides a parameter")
                .check(CODE);
    }

    @Test
    void onlyTheProgramsEndTheProcess() {
        noClasses()
                .that(not(named("io.llmproxy.Main"))
                        .and(not(named("io.llmproxy.RunningServer")))
                        .and(not(named("io.llmproxy.cli.Main"))))
                .should(callAnyOf("end the process", List.of(System.class, Runtime.class), Set.of("exit", "halt")))
                .because("everything else closes, throws, and can be tested")
                .check(CODE);
    }

    @Test
    void timeComesFromOutside() {
        noClasses()
                .that(not(resideInAnyPackage(ROOT, CLI)))
                .should(callAnyOf(
                                "ask the system for the time",
                                List.of(
                                        Instant.class,
                                        LocalDate.class,
                                        LocalDateTime.class,
                                        OffsetDateTime.class,
                                        ZonedDateTime.class),
                                Set.of("now"))
                        .or(callAnyOf(
                                "make a system clock",
                                List.of(Clock.class, InstantSource.class),
                                Set.of("system", "systemUTC", "systemDefaultZone", "tickMillis", "tickSeconds")))
                        .or(callAnyOf("read the wall clock", List.of(System.class), Set.of("currentTimeMillis"))))
                .because(
                        "expiry, periods and reports are tested by a clock that the test moves; System.nanoTime measures and is free")
                .check(CODE);
    }

    @Test
    void idsComeFromOnePlace() {
        noClasses()
                .that(not(resideInAPackage(CLI)).and(not(named("io.llmproxy.domain.Ids"))))
                .should(callAnyOf("make random ids", List.of(UUID.class), Set.of("randomUUID")))
                .because("ids are UUIDv7 of domain.Ids: they sort by time, and indexes grow at one end")
                .check(CODE);
    }

    @Test
    void reflectionStaysInPeerCredentials() {
        noClasses()
                .that(resideInAPackage(OURS).and(not(nameStarting("io.llmproxy.adapter.admin.PeerCredentials"))))
                .should()
                .dependOnClassesThat()
                .resideInAPackage("java.lang.reflect..")
                .because(
                        "what the compiler cannot see, a change breaks unseen; peer credentials have no other way (docs/adr)")
                .check(CODE);
    }

    @Test
    void onlyModulesOfTheImageAreUsed() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.net.http..", "java.awt..", "java.beans..", "java.rmi..", "javax.script..")
                .because(
                        "the image's own Java runtime is linked without these modules (packaging/jlink/BuildImage.java)")
                .check(CODE);
    }

    @Test
    void noStaticFieldChanges() {
        noFields()
                .that()
                .areStatic()
                .should()
                .notBeFinal()
                .because("two appliances in one process, as the tests run them, must not meet in a static field")
                .check(CODE);
    }

    @Test
    void namesSayWhatAThingIs() {
        noClasses()
                .should()
                .haveNameMatching(".*(Manager|Service|Helper|Utils?|Impl|Dto|DTO)(\\$.*)?")
                .orShould()
                .haveSimpleNameStartingWith("Abstract")
                .orShould()
                .haveSimpleNameEndingWith("Base")
                .because("a Manager or a Helper may hold anything, and in time does")
                .check(CODE);
    }

    @Test
    void everyPackageIsNullMarked() {
        List<String> unmarked = CODE.stream()
                .map(JavaClass::getPackage)
                .distinct()
                .filter(room -> !room.isAnnotatedWith(NullMarked.class))
                .map(JavaPackage::getName)
                .sorted()
                .toList();

        assertThat(unmarked)
                .as("packages whose package-info is missing or not @NullMarked, where null would go unchecked")
                .isEmpty();
    }

    /** Classes of the package know, of our own code, the given packages alone; the JDK and libraries have rules of their own. */
    private static ArchRule insideOnly(String room, String... known) {
        return classes()
                .that()
                .resideInAPackage(room)
                .should(not(dependOnClassesThat(resideInAPackage(OURS).and(not(resideInAnyPackage(known))))));
    }

    private static ArchRule onlyIn(List<String> libraries, String... rooms) {
        return noClasses()
                .that(not(resideInAnyPackage(rooms)))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(libraries.toArray(String[]::new));
    }

    private static ArchCondition<JavaClass> callAnyOf(String what, List<Class<?>> owners, Set<String> methods) {
        return callMethodWhere(new DescribedPredicate<JavaMethodCall>(what) {
            @Override
            public boolean test(JavaMethodCall call) {
                return methods.contains(call.getName())
                        && owners.stream().anyMatch(call.getTargetOwner()::isEquivalentTo);
            }
        });
    }

    private static DescribedPredicate<JavaClass> named(String name) {
        return DescribedPredicate.describe(name, code -> code.getName().equals(name));
    }

    private static DescribedPredicate<JavaClass> nameStarting(String prefix) {
        return DescribedPredicate.describe(prefix, code -> code.getName().startsWith(prefix));
    }

    private static DescribedPredicate<JavaClass> arraysOfPrimitives() {
        return DescribedPredicate.describe(
                "primitives and arrays",
                code -> code.isPrimitive() || code.getBaseComponentType().isPrimitive());
    }
}
