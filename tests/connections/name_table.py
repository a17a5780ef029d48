"""Names as people write them, and the parts that they are certainly made of [VA7]."""

from __future__ import annotations

from connections.names import Name

# joined | prefix | given | middle | family | suffix
CERTAIN = """
Anna Huber||Anna||Huber|
John Smith||John||Smith|
john smith||john||smith|
JOHN SMITH||JOHN||SMITH|
Jean DUPONT||Jean||DUPONT|
Jean-Luc Picard||Jean-Luc||Picard|
Mary O'Brien||Mary||O'Brien|
Mary O’Brien||Mary||O’Brien|
Gabriele D'Annunzio||Gabriele||D'Annunzio|
Ana García-López||Ana||García-López|
Leutheusser Müller-Lüdenscheidt||Leutheusser||Müller-Lüdenscheidt|
Zoë Kravitz||Zoë||Kravitz|
Łukasz Żółć||Łukasz||Żółć|
Dvořák Antonín||Dvořák||Antonín|
Björk Guðmundsdóttir||Björk||Guðmundsdóttir|
Şebnem Işıközlü||Şebnem||Işıközlü|
Bruce Lee||Bruce||Lee|
Jack Ma||Jack||Ma|
Jo Nesbø||Jo||Nesbø|
Anna Nguyễn||Anna||Nguyễn|
Anna Le||Anna||Le|
Stephen King||Stephen||King|
Jack Lord||Jack||Lord|
Al Pacino||Al||Pacino|
Ben Affleck||Ben||Affleck|
Don Johnson||Don||Johnson|
Max Mustermann||Max||Mustermann|
Ronald McDonald||Ronald||McDonald|
Mohammed Al-Fayed||Mohammed||Al-Fayed|
Naguib el-Sayed||Naguib||el-Sayed|
Ivan Ivanov||Ivan||Ivanov|
Earl Grey||Earl||Grey|
Dean Martin||Dean||Martin|
John F. Kennedy||John|F.|Kennedy|
John F Kennedy||John|F|Kennedy|
George H. W. Bush||George|H. W.|Bush|
George H.W. Bush||George|H.W.|Bush|
Samuel L. Jackson||Samuel|L.|Jackson|
Philip K. Dick||Philip|K.|Dick|
J. Smith||J.||Smith|
J.R.R. Tolkien||J.R.R.||Tolkien|
J.-P. Sartre||J.-P.||Sartre|
É. Zola||É.||Zola|
Anna M. van der Berg||Anna|M.|van der Berg|
J. van der Berg||J.||van der Berg|
Ludwig van Beethoven||Ludwig||van Beethoven|
LUDWIG VAN BEETHOVEN||LUDWIG||VAN BEETHOVEN|
Jan van der Berg||Jan||van der Berg|
Wernher von Braun||Wernher||von Braun|
Charles de Gaulle||Charles||de Gaulle|
Jean de La Fontaine||Jean||de La Fontaine|
Marine Le Pen||Marine||Le Pen|
Oscar de la Hoya||Oscar||de la Hoya|
Oscar De La Hoya||Oscar||De La Hoya|
Robert De Niro||Robert||De Niro|
Dick Van Dyke||Dick||Van Dyke|
Leonardo da Vinci||Leonardo||da Vinci|
Luca della Robbia||Luca||della Robbia|
Osama bin Laden||Osama||bin Laden|
Khalid ibn Walid||Khalid||ibn Walid|
Mohamed El Baradei||Mohamed||El Baradei|
Gerard 't Hooft||Gerard||'t Hooft|
Ruud in 't Veld||Ruud||in 't Veld|
Ursula von der Leyen||Ursula||von der Leyen|
Jutta vom Hagen||Jutta||vom Hagen|
Karl zu Guttenberg||Karl||zu Guttenberg|
Carl af Ugglas||Carl||af Ugglas|
Olivia St. John||Olivia||St. John|
Fernando dos Santos||Fernando||dos Santos|
Paulo da Silva||Paulo||da Silva|
van der Berg||||van der Berg|
de Gaulle||||de Gaulle|
Dr. Anna Huber|Dr.|Anna||Huber|
Dr Anna Huber|Dr|Anna||Huber|
DR. ANNA HUBER|DR.|ANNA||HUBER|
Prof. Dr. Anna Huber|Prof. Dr.|Anna||Huber|
Prof.Dr. Anna Huber|Prof.Dr.|Anna||Huber|
Univ.-Prof. Dr. Anna Huber|Univ.-Prof. Dr.|Anna||Huber|
Mag. Anna Huber|Mag.|Anna||Huber|
Mag.a Anna Huber|Mag.a|Anna||Huber|
Dipl.-Ing. Karl Meier|Dipl.-Ing.|Karl||Meier|
Ing. Karl Meier|Ing.|Karl||Meier|
Dr. med. Karl Meier|Dr. med.|Karl||Meier|
Mr John Smith|Mr|John||Smith|
Mr. John Smith|Mr.|John||Smith|
Mrs. Jane Doe|Mrs.|Jane||Doe|
Ms Jane Doe|Ms|Jane||Doe|
Mx. Sam Doe|Mx.|Sam||Doe|
Sir Ian McKellen|Sir|Ian||McKellen|
Herr Karl Meier|Herr|Karl||Meier|
Frau Dr. Anna Huber|Frau Dr.|Anna||Huber|
Frau Huber|Frau|||Huber|
Herr von Braun|Herr|||von Braun|
Mr. Bean|Mr.|||Bean|
Dr. Smith|Dr.|||Smith|
Mme Marie Curie|Mme|Marie||Curie|
Monsieur Jean Dupont|Monsieur|Jean||Dupont|
Sr. Juan Pérez|Sr.|Juan||Pérez|
Sra. Ana Pérez|Sra.|Ana||Pérez|
Señora Ana Pérez|Señora|Ana||Pérez|
Dott.ssa Anna Rossi|Dott.ssa|Anna||Rossi|
Signor Mario Rossi|Signor|Mario||Rossi|
Dhr. Jan de Vries|Dhr.|Jan||de Vries|
Ir. Jan Jansen|Ir.|Jan||Jansen|
JUDr. Petr Novák|JUDr.|Petr||Novák|
Capt. James T. Kirk|Capt.|James|T.|Kirk|
Rev. Martin L. King|Rev.|Martin|L.|King|
John Smith Jr.||John||Smith|Jr.
John Smith Jr||John||Smith|Jr
John Smith III||John||Smith|III
John Smith II||John||Smith|II
John Smith PhD||John||Smith|PhD
John Smith Ph.D.||John||Smith|Ph.D.
John Smith MBA||John||Smith|MBA
John Smith Esq.||John||Smith|Esq.
Anna Huber MSc||Anna||Huber|MSc
Anna Huber MSc MBA||Anna||Huber|MSc MBA
John Smith M.A.||John||Smith|M.A.
Jane Doe M.D.||Jane||Doe|M.D.
Robert Downey Jr.||Robert||Downey|Jr.
Dr. John F. Kennedy Jr. PhD|Dr.|John|F.|Kennedy|Jr. PhD
Prof. Dr. Ludwig van Beethoven MBA|Prof. Dr.|Ludwig||van Beethoven|MBA
山田 太郎||太郎||山田|
李 小龙||小龙||李|
李 明||明||李|
欧阳 娜娜||娜娜||欧阳|
田中 マリ||マリ||田中|
高橋 みなみ||みなみ||高橋|
髙橋 健||健||髙橋|
김 민수||민수||김|
이 영희||영희||이|
山田 太郎 様||太郎||山田|様
김 민수 씨||민수||김|씨
Иван Иванович Иванов||Иван|Иванович|Иванов|
Анна Сергеевна Петрова||Анна|Сергеевна|Петрова|
Роман Аркадьевич Абрамович||Роман|Аркадьевич|Абрамович|
Лев Ильич Троцкий||Лев|Ильич|Троцкий|
Леся Петрівна Косач||Леся|Петрівна|Косач|
г-н Иван Иванович Иванов|г-н|Иван|Иванович|Иванов|
"""

# What is written in another order or with other marks than join gives.
CERTAIN_OTHERWISE = """
Smith, John||John||Smith|
Kennedy, John F.||John|F.|Kennedy|
van der Berg, Anna||Anna||van der Berg|
Van der Berg, Anna Maria||Anna Maria||Van der Berg|
De Niro, Robert||Robert||De Niro|
SMITH, John||John||SMITH|
Lee, Bruce||Bruce||Lee|
Smith, J.||J.||Smith|
Smith, Dr. John|Dr.|John||Smith|
Dr. Smith, John|Dr.|John||Smith|
Smith, John, Jr.||John||Smith|Jr.
Smith Jr., John||John||Smith|Jr.
Huber, Anna, PhD, MBA||Anna||Huber|PhD MBA
John Smith, PhD||John||Smith|PhD
John Smith, Jr.||John||Smith|Jr.
John Smith Jr., PhD||John||Smith|Jr. PhD
Dr. Anna Huber, MBA|Dr.|Anna||Huber|MBA
John Smith,||John||Smith|
Иванов Иван Иванович||Иван|Иванович|Иванов|
Петрова Анна Сергеевна||Анна|Сергеевна|Петрова|
"""

UNCERTAIN = """
Madonna
Pelé
Teller
Dr.
PhD
.
-
Juan Carlos García
Gabriel García Márquez
María García López
Anna Maria Huber
Mary Ann Smith
Helena Bonham Carter
Vincent Willem van Gogh
Maria da Silva Santos
María del Carmen
María de los Ángeles
Maria de Lourdes
Juan de Dios
José Ortega y Gasset
García Márquez, Gabriel
John Smith, Google
John Smith, Sales
Smith, MA
Acme, Inc.
Smith, Jr.
Smith, John, London
J. R. R. Tolkien
J. Edgar Hoover
John S.
Malcolm X
SMITH John
TJ Miller
John Smith MA
John Smith V
DI Hans Müller
Van Morrison
De Niro
Van Le
Le Monde
El Greco
van morrison
Kim Minsu
Kim Jong-un
Lee Harvey
Li Xiaolong
Xi Jinping
Wei Zhang
Nguyễn An
Nguyễn Văn An
Trần Hưng
Đặng Hùng
Nagy János
Kovács Anna
Szabó Éva
Tanaka Yuki
King Charles
Prince Harry
Uncle Bob
Tante Anna
John "Jack" Kennedy
William (Bill) Gates
William 'Bill' Gates
John & Mary Smith
John and Mary
Hans und Anna Meier
Familie Huber
Acme GmbH
Acme Ltd
Tesla Inc.
Support Team
Info Desk
The Beatles
Hotel Sacher
John Smith 2
john@example.com
www.example.com
Agent 007
John Dr. Smith
Wm. Smith
Abd al Rahman
Mohammed Al Fayed
山田太郎
李小龙
김민수
マリ 田中
ジョン スミス
ジョン・スミス
민수 김
남궁 민
Иван Иванов
Иванов Иван
Γιώργος Παπαδόπουλος
דוד כהן
محمد علي
राम शर्मा
สมชาย ใจดี
李 Ming
Anna 李
🙂 Anna
"""


def rows(table: str) -> list[tuple[str, Name]]:
    """Return the names of a table with their parts."""
    lines = [line.split("|") for line in table.strip().splitlines() if "|" in line]
    return [(joined, Name(*parts)) for joined, *parts in lines]
