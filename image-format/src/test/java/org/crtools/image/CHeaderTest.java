// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.File;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The C header and the Java descriptors are the same, in both directions: a C program that gcc compiles here prints
 * what the compiler makes of every struct, constant and enum of the header.
 */
class CHeaderTest {
    private static final Path HEADER = Path.of("include", "crtools_format.h");

    private static final Map<String, Class<?>> STRUCTS = Map.ofEntries(
            Map.entry("crt_note", NoteDescriptor.class),
            Map.entry("crt_header", HeaderDescriptor.class),
            Map.entry("crt_mm", MmDescriptor.class),
            Map.entry("crt_vma", VmaDescriptor.class),
            Map.entry("crt_file", MappedFileDescriptor.class),
            Map.entry("crt_vmas", VmasDescriptor.class),
            Map.entry("crt_sigaction", SigActionDescriptor.class),
            Map.entry("crt_signals", SignalsDescriptor.class),
            Map.entry("crt_thread", ThreadDescriptor.class),
            Map.entry("crt_itimer", ItimerDescriptor.class),
            Map.entry("crt_posix_timer", PosixTimerDescriptor.class),
            Map.entry("crt_timers", TimersDescriptor.class),
            Map.entry("crt_checksum", ChecksumDescriptor.class),
            Map.entry("crt_program", ProgramDescriptor.class),
            Map.entry("crt_arg", ArgDescriptor.class),
            Map.entry("crt_op", OpDescriptor.class),
            Map.entry("crt_stage", StageDescriptor.class),
            Map.entry("crt_report", ReportDescriptor.class));

    private static final Pattern STRUCT =
            Pattern.compile("^struct (\\w+) \\{(.*?)^\\};", Pattern.DOTALL | Pattern.MULTILINE);
    private static final Pattern ENUM =
            Pattern.compile("^enum (\\w+) \\{(.*?)^\\};", Pattern.DOTALL | Pattern.MULTILINE);
    private static final Pattern DEFINE = Pattern.compile("^#define\\s+(CRT_\\w+)[ \\t]+(\\S+)", Pattern.MULTILINE);
    private static final Pattern ENUMERATOR = Pattern.compile("(CRT_\\w+) =");
    private static final Pattern MEMBER = Pattern.compile("(?:struct )?\\w+\\s+(.+)", Pattern.DOTALL);

    @TempDir
    Path folder;

    private String header;

    @BeforeEach
    void readHeader() throws IOException {
        String text = Files.readString(HEADER, StandardCharsets.UTF_8);
        header = Pattern.compile("/\\*.*?\\*/", Pattern.DOTALL).matcher(text).replaceAll("");
    }

    @Test
    void structs() throws Exception {
        Map<String, List<String>> fields = new LinkedHashMap<>();
        StringBuilder prints = new StringBuilder();
        Matcher struct = STRUCT.matcher(header);
        while (struct.find()) {
            String name = struct.group(1);
            fields.put(name, members(struct.group(2)));
            for (String field : fields.get(name)) {
                prints.append(print(
                        name + "." + field.toUpperCase(Locale.ROOT), "offsetof(struct " + name + ", " + field + ")"));
                prints.append(print(name + "#" + field, "sizeof(((struct " + name + " *)0)->" + field + ")"));
            }
            prints.append(print(name + ".BYTES", "sizeof(struct " + name + ")"));
        }
        Map<String, Long> inC = run(prints);
        for (Map.Entry<String, List<String>> entry : fields.entrySet()) {
            long sum = 0;
            for (String field : entry.getValue()) {
                sum += inC.remove(entry.getKey() + "#" + field);
            }
            assertEquals(sum, inC.get(entry.getKey() + ".BYTES"), entry.getKey() + " has padding");
        }
        Map<String, Long> inJava = new TreeMap<>();
        for (Map.Entry<String, Class<?>> entry : STRUCTS.entrySet()) {
            for (Map.Entry<String, Object> constant :
                    constants(entry.getValue()).entrySet()) {
                inJava.put(entry.getKey() + "." + constant.getKey(), ((Integer) constant.getValue()).longValue());
            }
        }
        assertFalse(inC.isEmpty());
        assertEquals(inC, inJava);
    }

    @Test
    void constants() throws Exception {
        Map<String, Object> strings = new TreeMap<>();
        StringBuilder prints = new StringBuilder();
        Matcher define = DEFINE.matcher(header);
        while (define.find()) {
            if (define.group(2).startsWith("\"")) {
                strings.put(define.group(1), define.group(2).replace("\"", ""));
            } else {
                prints.append(print(define.group(1), "(int)" + define.group(1)));
            }
        }
        Map<String, Object> inC = new TreeMap<>(strings);
        run(prints).forEach((name, value) -> inC.put(name, value.intValue()));
        assertEquals(inC, constants(Format.class));
    }

    @Test
    void enums() throws Exception {
        StringBuilder prints = new StringBuilder();
        Matcher matcher = ENUM.matcher(header);
        while (matcher.find()) {
            Matcher enumerator = ENUMERATOR.matcher(matcher.group(2));
            while (enumerator.find()) {
                prints.append(print(enumerator.group(1), enumerator.group(1)));
            }
        }
        Map<String, Long> inJava = new TreeMap<>();
        for (Base value : Base.values()) {
            inJava.put("CRT_BASE_" + value, (long) value.value());
        }
        for (RestartKind value : RestartKind.values()) {
            inJava.put("CRT_RESTART_" + value, (long) value.value());
        }
        for (OpCode value : OpCode.values()) {
            inJava.put("CRT_OP_" + value, (long) value.value());
        }
        for (Comparison value : Comparison.values()) {
            inJava.put("CRT_CMP_" + value, (long) value.value());
        }
        for (ArgType value : ArgType.values()) {
            inJava.put("CRT_ARG_" + value, (long) value.value());
        }
        for (TreeOption value : TreeOption.values()) {
            inJava.put("CRT_OPTION_" + value, (long) value.value());
        }
        for (Phase value : Phase.values()) {
            inJava.put("CRT_PHASE_" + value, (long) value.value());
        }
        for (ReportKind value : ReportKind.values()) {
            inJava.put("CRT_REPORT_" + value, (long) value.value());
        }
        assertEquals(run(prints), inJava);
    }

    private static List<String> members(String body) {
        List<String> names = new ArrayList<>();
        for (String declaration : body.split(";")) {
            Matcher member = MEMBER.matcher(declaration.strip());
            if (member.matches()) {
                for (String declarator : member.group(1).split(",")) {
                    names.add(declarator.replaceAll("\\[.*", "").strip());
                }
            }
        }
        return names;
    }

    private static Map<String, Object> constants(Class<?> type) throws IllegalAccessException {
        Map<String, Object> constants = new TreeMap<>();
        for (Field field : type.getFields()) {
            constants.put(field.getName(), field.get(null));
        }
        return constants;
    }

    private static String print(String name, String expression) {
        return "printf(\"" + name + " %lld\\n\", (long long)(" + expression + "));\n";
    }

    private Map<String, Long> run(CharSequence prints) throws IOException, InterruptedException {
        Path source = folder.resolve("print.c");
        Path program = folder.resolve("print");
        Files.writeString(
                source,
                "#include <stddef.h>\n#include <stdio.h>\n#include \"crtools_format.h\"\nint main(void) {\n" + prints
                        + "}\n");
        output(
                "gcc",
                "-Wall",
                "-Werror",
                "-Wpadded",
                "-I" + HEADER.getParent(),
                "-o",
                program.toString(),
                source.toString());
        Map<String, Long> values = new TreeMap<>();
        for (String line : output(program.toString()).split("\n")) {
            String[] words = line.split(" ");
            values.put(words[0], Long.valueOf(words[1]));
        }
        return values;
    }

    private String output(String... command) throws IOException, InterruptedException {
        File out = folder.resolve("output").toFile();
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(out)
                .start();
        int status = process.waitFor();
        String text = Files.readString(out.toPath());
        assertEquals(0, status, text);
        return text;
    }
}
