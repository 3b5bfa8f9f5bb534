<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name>App</name>
    <message numerus="yes">
        <source>This computer stops serving. %Ln running request(s) are finished first.</source>
        <translation>
            <numerusform>This computer stops serving. %Ln running request is finished first.</numerusform>
            <numerusform>This computer stops serving. %Ln running requests are finished first.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>LogsPage</name>
    <message numerus="yes">
        <source>%Ln line(s)</source>
        <translation>
            <numerusform>%Ln line</numerusform>
            <numerusform>%Ln lines</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln line(s) copied.</source>
        <translation>
            <numerusform>%Ln line copied.</numerusform>
            <numerusform>%Ln lines copied.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>MessageView</name>
    <message numerus="yes">
        <source>%Ln token(s)</source>
        <translation>
            <numerusform>%Ln token</numerusform>
            <numerusform>%Ln tokens</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>RequestsPage</name>
    <message numerus="yes">
        <source>%Ln request(s)</source>
        <translation>
            <numerusform>%Ln request</numerusform>
            <numerusform>%Ln requests</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln request(s) saved as {name}.</source>
        <translation>
            <numerusform>%Ln request saved as {name}.</numerusform>
            <numerusform>%Ln requests saved as {name}.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>TimelineCard</name>
    <message numerus="yes">
        <source>24 hours, %Ln day(s) earlier</source>
        <translation>
            <numerusform>24 hours, %Ln day earlier</numerusform>
            <numerusform>24 hours, %Ln days earlier</numerusform>
        </translation>
    </message>
</context>
</TS>
