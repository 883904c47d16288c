package io.weir.architecture;

import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.util.Set;

/**
 * Who may know whom, and what the hot packages may not do.
 *
 * <pre>
 *   app --> relay, memory, load      relay x memory      load x relay, memory
 *   io.weir.relay: http1 x http2 x any other protocol;   budget --> java.* alone
 * </pre>
 *
 * Here, since app alone sees the classes of all modules. A rule about packages that do not exist
 * yet holds (archunit.properties).
 */
@AnalyzeClasses(packages = "io.weir", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
  private static final String RELAY = "io.weir.relay..";
  private static final String MEMORY = "io.weir.memory..";
  private static final String LOAD = "io.weir.load..";
  private static final String BUDGET = "io.weir.relay.budget..";
  private static final String[] HOT = {BUDGET, "io.weir.relay.pump.."};

  /** Each parses its own prologue and hands over bytes; what two of them share goes to `http`. */
  private static final Set<String> PROTOCOLS =
      Set.of("connect", "http1", "http2", "proxyprotocol", "socks", "tcp", "tls", "websocket");

  @ArchTest
  static final ArchRule relay_always_seesNoOtherModule =
      noClasses().that().resideInAPackage(RELAY).should().dependOnClassesThat(outside(RELAY));

  @ArchTest
  static final ArchRule memory_always_seesNoOtherModule =
      noClasses().that().resideInAPackage(MEMORY).should().dependOnClassesThat(outside(MEMORY));

  @ArchTest
  static final ArchRule load_always_seesNoOtherModule =
      noClasses().that().resideInAPackage(LOAD).should().dependOnClassesThat(outside(LOAD));

  @ArchTest
  static final ArchRule memoryAndLoad_always_useTheJdkAlone =
      noClasses()
          .that()
          .resideInAnyPackage(MEMORY, LOAD)
          .should()
          .dependOnClassesThat()
          .resideOutsideOfPackages(
              "java..", "javax..", "jdk..", "com.sun..", "org.jspecify..", "io.weir..");

  @ArchTest
  static final ArchRule budget_always_usesJavaAlone =
      noClasses()
          .that()
          .resideInAPackage(BUDGET)
          .should()
          .dependOnClassesThat()
          .resideOutsideOfPackages("java..", "org.jspecify..", BUDGET);

  @ArchTest
  static final ArchRule protocols_always_ignoreEachOther =
      slices().assignedFrom(protocols()).should().notDependOnEachOther().allowEmptyShould(true);

  @ArchTest
  static final ArchRule hotPackages_always_neitherLogNorStreamNorLock =
      noClasses()
          .that()
          .resideInAnyPackage(HOT)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "java.util.stream..",
              "java.util.regex..",
              "java.util.logging..",
              "java.util.concurrent.locks..",
              "io.netty.util.internal.logging..",
              "org.slf4j..")
          .orShould()
          .dependOnClassesThat()
          .areAssignableTo(System.Logger.class);

  @ArchTest
  static final ArchRule hotPackages_always_formatNoText =
      noClasses()
          .that()
          .resideInAnyPackage(HOT)
          .should()
          .callMethodWhere(
              target(owner(isString()))
                  .and(target(nameMatching("format|formatted")))
                  .as("String.format or String.formatted"));

  @ArchTest
  static final ArchRule hotPackages_always_haveNoSynchronizedMethod =
      noMethods()
          .that()
          .areDeclaredInClassesThat()
          .resideInAnyPackage(HOT)
          .should()
          .haveModifier(JavaModifier.SYNCHRONIZED)
          .because("a flow never waits; synchronized blocks are found by SourceRulesTest");

  @ArchTest
  static final ArchRule packages_always_sayWhatIsInThem =
      noClasses()
          .should()
          .resideInAnyPackage("..impl..", "..util..", "..utils..")
          .because("a package has the name of a feature");

  @ArchTest
  static final ArchRule classes_always_sayWhatTheyAre =
      noClasses()
          .should()
          .haveNameMatching(".*(Manager|Helper|Utils?)")
          .because("a class has the name of what it is or does");

  private static DescribedPredicate<JavaClass> isString() {
    return DescribedPredicate.describe("String", c -> c.isEquivalentTo(String.class));
  }

  private static DescribedPredicate<JavaClass> outside(String module) {
    return JavaClass.Predicates.resideInAPackage("io.weir..")
        .and(JavaClass.Predicates.resideOutsideOfPackage(module))
        .as("are Weir's, but outside of " + module);
  }

  private static SliceAssignment protocols() {
    return new SliceAssignment() {
      @Override
      public SliceIdentifier getIdentifierOf(JavaClass javaClass) {
        String[] names = javaClass.getPackageName().split("\\.", -1);
        boolean protocol =
            javaClass.getPackageName().startsWith("io.weir.relay.") && PROTOCOLS.contains(names[3]);
        return protocol ? SliceIdentifier.of(names[3]) : SliceIdentifier.ignore();
      }

      @Override
      public String getDescription() {
        return "the protocol packages of io.weir.relay";
      }
    };
  }
}
