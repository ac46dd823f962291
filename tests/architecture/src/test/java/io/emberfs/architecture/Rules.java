package io.emberfs.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The rules on packages, each for a root package of choice: the product lives below {@code
 * io.emberfs}, the planted violations below a root of their own.
 */
final class Rules {
  /** What each room may import, itself aside. A room that is missing here may import all. */
  private static final Map<String, Set<String>> ARROWS =
      Map.of(
          "core", Set.of(),
          "ffi", Set.of("core"),
          "fuse", Set.of("core", "ffi"),
          "engine", Set.of("core", "ffi"),
          "persistence", Set.of("core"),
          "predictor", Set.of("core"),
          "testkit", Set.of("core"));

  private static final List<String> ROOMS =
      List.of("core", "ffi", "fuse", "engine", "persistence", "predictor", "app", "testkit");

  private Rules() {}

  /** The arrows of the drawing in {@code docs/ARCHITECTURE.md}, for one room. */
  static ArchRule arrowsFrom(String room, String root) {
    String[] forbidden =
        ROOMS.stream()
            .filter(other -> !other.equals(room) && !ARROWS.get(room).contains(other))
            .map(other -> root + "." + other + "..")
            .toArray(String[]::new);
    return noClasses()
        .that()
        .resideInAPackage(root + "." + room + "..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(forbidden)
        .because("rooms meet in core and are put together in app");
  }

  /** Nobody but tests may see the fakes. */
  static ArchRule testkitIsForTests(String root) {
    return noClasses()
        .that()
        .resideOutsideOfPackage(root + ".testkit..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(root + ".testkit..");
  }

  static ArchRule noCyclesOfPackages(String root) {
    return slices().matching(root + ".(**)").should().beFreeOfCycles();
  }

  static ArchRule coreSeesJdkAndJSpecifyOnly(String root) {
    return classes()
        .that()
        .resideInAPackage(root + ".core..")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage("java..", "org.jspecify..", root + ".core..");
  }

  /** A vendor's packages are imported below named packages of ours. */
  static ArchRule vendorOnlyIn(String vendor, String root, String... ours) {
    String[] allowed = Stream.of(ours).map(room -> root + "." + room + "..").toArray(String[]::new);
    return noClasses()
        .that()
        .resideOutsideOfPackages(allowed)
        .should()
        .dependOnClassesThat()
        .resideInAPackage(vendor + "..");
  }

  static ArchRule downcallsInNativeOnly(String root) {
    return noClasses()
        .that()
        .resideOutsideOfPackage(root + ".ffi..")
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.lang.foreign.Linker")
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.lang.foreign.SymbolLookup");
  }

  static ArchRule noClockOfItsOwn(String root) {
    return inSimulatedRooms(
        root,
        "read the clock or sleep",
        target ->
            target.getOwner().isEquivalentTo(System.class)
                    && Set.of("nanoTime", "currentTimeMillis").contains(target.getName())
                || target.getOwner().isEquivalentTo(Thread.class)
                    && target.getName().equals("sleep")
                || target.getOwner().getPackageName().equals("java.time")
                    && Set.of("now", "systemUTC", "systemDefaultZone").contains(target.getName()));
  }

  static ArchRule noRandomnessOfItsOwn(String root) {
    return inSimulatedRooms(
        root,
        "draw unseeded random numbers",
        target ->
            target.getOwner().isEquivalentTo(ThreadLocalRandom.class)
                || target.getOwner().isEquivalentTo(Math.class) && target.getName().equals("random")
                || (target.getOwner().isEquivalentTo(Random.class)
                        || target.getOwner().isEquivalentTo(SplittableRandom.class))
                    && target instanceof AccessTarget.ConstructorCallTarget constructor
                    && constructor.getRawParameterTypes().isEmpty());
  }

  static ArchRule noThreadsOfItsOwn(String root) {
    return inSimulatedRooms(
        root,
        "make threads",
        target ->
            target.getOwner().isEquivalentTo(Executors.class)
                || target.getOwner().isEquivalentTo(Thread.class)
                    && Set.of("<init>", "ofVirtual", "ofPlatform", "startVirtualThread")
                        .contains(target.getName()));
  }

  static ArchRule automaticArenasInTestsOnly(String root) {
    return noClasses()
        .that()
        .resideOutsideOfPackage(root + ".testkit..")
        .should()
        .accessTargetWhere(
            access(
                "call Arena.ofAuto",
                target ->
                    target.getOwner().getName().equals("java.lang.foreign.Arena")
                        && target.getName().equals("ofAuto")));
  }

  static ArchRule standardOutputInAppOnly(String root) {
    return noClasses()
        .that()
        .resideOutsideOfPackage(root + ".app..")
        .should()
        .accessField(System.class, "out");
  }

  /** The rooms that a seeded simulation runs: they get clock, randomness and workers passed in. */
  private static ArchRule inSimulatedRooms(
      String root, String description, Predicate<AccessTarget> forbidden) {
    return noClasses()
        .that()
        .resideInAnyPackage(root + ".engine..", root + ".predictor..")
        .should()
        .accessTargetWhere(access(description, forbidden));
  }

  private static DescribedPredicate<JavaAccess<?>> access(
      String description, Predicate<AccessTarget> forbidden) {
    return DescribedPredicate.describe(description, access -> forbidden.test(access.getTarget()));
  }
}
